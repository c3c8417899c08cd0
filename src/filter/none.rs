//! `Filter` of a build without the feature `filter`: there is none.

use crate::{
    descriptor::Descriptor,
    value::{Missing, Value},
};

/// No value of this type exists.
#[derive(Debug, Clone)]
pub(crate) enum Filter {}

impl Filter {
    pub(crate) fn columns(&self) -> &[&'static Descriptor] {
        match *self {}
    }

    pub(crate) fn undecided_by(&self, _: &[Value]) -> Vec<(&'static Descriptor, Missing)> {
        match *self {}
    }

    pub(crate) fn may_hold(&self, _: &dyn Fn(&Descriptor) -> Option<Value>) -> bool {
        match *self {}
    }

    pub(crate) fn note(&self, _: &[Value], _: &mut [bool]) {
        match *self {}
    }

    pub(crate) fn holds(&self, _: &[Value]) -> bool {
        match *self {}
    }
}
