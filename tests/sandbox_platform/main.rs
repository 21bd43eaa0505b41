//! The sandbox's platform rules, seen as a stranger with plain HTTP would.

#[cfg(test)]
mod control;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod hosted;
#[cfg(test)]
mod http;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod preorders;
#[cfg(test)]
mod rate;
#[cfg(test)]
mod support;
#[cfg(test)]
mod v1;
