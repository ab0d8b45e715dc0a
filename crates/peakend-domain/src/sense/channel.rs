//! Channels: through which a contact ran.

use serde::{Deserialize, Serialize};

use crate::{ChannelId, LocalText};

/// What kind of channel it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    /// In a branch or shop.
    Branch,
    /// In our application.
    App,
    /// On our web site.
    Web,
    /// On the telephone.
    Phone,
    /// A message: text message, chat, e-mail.
    Message,
    /// A platform that is not ours: reviews, social media.
    Platform,
}

impl ChannelKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [Self::Branch, Self::App, Self::Web, Self::Phone, Self::Message, Self::Platform];

    /// The stored and public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Branch => "branch",
            Self::App => "app",
            Self::Web => "web",
            Self::Phone => "phone",
            Self::Message => "message",
            Self::Platform => "platform",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.name() == name)
    }
}

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Id.
    pub id: ChannelId,
    /// Code, unique in the organisation and never changed.
    pub code: String,
    /// Name.
    pub name: LocalText,
    /// Kind.
    pub kind: ChannelKind,
    /// Place in lists, from 0.
    pub position: i64,
}
