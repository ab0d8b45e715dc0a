//! The HTTP surface: routes, sign-in, problems, OpenAPI, the respondent's page, the embedded UI.
