//! Surveys to begin from, each a complete document in three languages.

/// The YAML documents by name.
pub const TEMPLATES: [(&str, &str); 7] = [
    ("nps", include_str!("templates/nps.yaml")),
    ("csat", include_str!("templates/csat.yaml")),
    ("ces", include_str!("templates/ces.yaml")),
    ("enps", include_str!("templates/enps.yaml")),
    ("fund_redemption", include_str!("templates/fund_redemption.yaml")),
    ("brand", include_str!("templates/brand.yaml")),
    ("reask", include_str!("templates/reask.yaml")),
];
