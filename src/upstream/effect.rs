//! What a failure says of the effect of a write.

use super::UpstreamError;

impl UpstreamError {
    /// Whether the API has certainly done nothing: the request was never sent, or refused in whole.
    pub fn is_without_effect(&self) -> bool {
        match self {
            Self::NotSent { .. }
            | Self::Unauthorized { .. }
            | Self::UnknownAction { .. }
            | Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::Invalid { .. }
            | Self::RateLimited { .. }
            | Self::OutOfPoints { .. }
            | Self::Paused { .. }
            | Self::Deadline
            | Self::NoShopDomain
            | Self::Setup { .. } => true,
            Self::Ambiguous(_)
            | Self::Unexpected { .. }
            | Self::BadHandle { .. }
            | Self::Download { .. }
            | Self::FileTooLarge { .. } => false,
        }
    }

    /// The HTTP status of the answer, when there was a whole one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Unauthorized { status }
            | Self::Invalid { status, .. }
            | Self::Unexpected { status } => Some(*status),
            Self::UnknownAction { .. } | Self::NotFound { .. } => Some(404),
            Self::Conflict { .. } => Some(409),
            Self::RateLimited { .. } => Some(429),
            Self::NotSent { .. }
            | Self::Ambiguous(_)
            | Self::OutOfPoints { .. }
            | Self::Paused { .. }
            | Self::Deadline
            | Self::BadHandle { .. }
            | Self::Download { .. }
            | Self::FileTooLarge { .. }
            | Self::NoShopDomain
            | Self::Setup { .. } => None,
        }
    }
}
