//! The methods of one path: axum's routing, with the policy read from each handler's type.

use axum::handler::Handler;
use axum::routing::{self, MethodRouter};
use serde_json::{Value, json};

use super::policy::{Policy as _, Rule, Secured};
use crate::openapi::merge;

/// What a path answers to: [`get`], [`post`] and so on, chained.
#[must_use = "give it to `Api::at`"]
pub struct Methods<S = ()> {
    pub(crate) router: MethodRouter<S>,
    pub(crate) operations: Vec<Operation>,
}

/// One method of one path.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    pub(crate) rule: Rule,
    /// The user's part of the Operation Object.
    pub(crate) described: Value,
    pub(crate) hidden: bool,
}

impl<S> Methods<S> {
    /// A sentence on the method before: the summary in the OpenAPI document.
    pub fn describe(self, summary: &str) -> Self {
        self.openapi(json!({ "summary": summary }))
    }

    /// More of the method before: members of an OpenAPI Operation Object, such as `requestBody` and `responses`.
    /// `security` is not among them: it comes from the handler's type, and what is said of it here is passed over.
    /// Anything but a JSON object says nothing.
    pub fn openapi(mut self, operation: Value) -> Self {
        if let Some(last) = self.operations.last_mut().filter(|_| operation.is_object()) {
            merge::onto(&mut last.described, operation);
        }
        self
    }

    /// Leaves the method before out of the OpenAPI document. It stays in the policy table.
    pub fn hidden(mut self) -> Self {
        if let Some(last) = self.operations.last_mut() {
            last.hidden = true;
        }
        self
    }

    /// Gives these handlers their state.
    pub fn with_state<S2>(self, state: S) -> Methods<S2>
    where
        S: Clone,
    {
        Methods { router: self.router.with_state(state), operations: self.operations }
    }
}

macro_rules! methods {
    ($($name:ident $text:literal)+) => {
        $(
            #[doc = concat!("Answers `", $text, "`. The handler's first argument says who may.")]
            pub fn $name<H, T, S, Args>(handler: H) -> Methods<S>
            where
                H: Handler<T, S> + Secured<Args>,
                T: 'static,
                S: Clone + Send + Sync + 'static,
            {
                Methods { router: routing::$name(handler), operations: vec![operation::<H, Args>($text)] }
            }
        )+

        impl<S: Clone + Send + Sync + 'static> Methods<S> {
            $(
                #[doc = concat!("Answers `", $text, "` too. The handler's first argument says who may.")]
                pub fn $name<H, T, Args>(mut self, handler: H) -> Self
                where
                    H: Handler<T, S> + Secured<Args>,
                    T: 'static,
                {
                    self.router = self.router.$name(handler);
                    self.operations.push(operation::<H, Args>($text));
                    self
                }
            )+
        }
    };
}

methods! {
    get "GET"
    post "POST"
    put "PUT"
    patch "PATCH"
    delete "DELETE"
}

fn operation<H: Secured<Args>, Args>(method: &'static str) -> Operation {
    Operation { method, rule: H::Policy::rule(), described: json!({}), hidden: false }
}
