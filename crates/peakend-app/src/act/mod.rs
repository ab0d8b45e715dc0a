//! Act: alerts, cases, initiatives, jobs.
