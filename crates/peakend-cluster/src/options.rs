//! Which bucket the servers and executors share.

use std::sync::Arc;

use anyhow::Context as _;
use datafusion::execution::runtime_env::RuntimeEnv;
use object_store::ObjectStore;
use object_store::aws::{AmazonS3Builder, S3ConditionalPut};
use peakend_warehouse::Bucket;

/// Options of every verb that reaches the shared segments.
#[derive(Debug, Clone, clap::Args)]
pub struct StoreOptions {
    /// Bucket of the shared segments.
    #[arg(long, env = "PEAKEND_BUCKET")]
    pub bucket: String,
    /// Prefix of every object in the bucket.
    #[arg(long, env = "PEAKEND_BUCKET_PREFIX", default_value = "peakend")]
    pub prefix: String,
    /// Address of an S3-compatible store; Amazon's own when absent.
    #[arg(long, env = "PEAKEND_STORE_ENDPOINT")]
    pub endpoint: Option<String>,
    /// Region of the bucket.
    #[arg(long, env = "PEAKEND_STORE_REGION", default_value = "us-east-1")]
    pub region: String,
    /// Key id; what the machine's role gives when absent.
    #[arg(long, env = "PEAKEND_STORE_KEY_ID")]
    pub key_id: Option<String>,
    /// Secret of the key.
    #[arg(long, env = "PEAKEND_STORE_SECRET", hide_env_values = true)]
    pub secret: Option<String>,
}

impl StoreOptions {
    /// The bucket as plans name it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("s3://{}/", self.bucket)
    }

    /// A client of the bucket.
    ///
    /// # Errors
    /// When the options contradict each other.
    pub fn store(&self) -> anyhow::Result<Arc<dyn ObjectStore>> {
        let mut s3 = AmazonS3Builder::from_env()
            .with_bucket_name(&self.bucket)
            .with_region(&self.region)
            .with_conditional_put(S3ConditionalPut::ETagMatch);
        if let Some(endpoint) = &self.endpoint {
            s3 = s3.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        if let (Some(id), Some(secret)) = (&self.key_id, &self.secret) {
            s3 = s3.with_access_key_id(id).with_secret_access_key(secret);
        }
        Ok(Arc::new(s3.build().with_context(|| format!("reach the bucket {}", self.bucket))?))
    }

    /// The bucket as a warehouse uses it, of a server with this number.
    ///
    /// # Errors
    /// When the options contradict each other.
    pub fn open(&self, tag: u32) -> anyhow::Result<Bucket> {
        let runtime = tokio::runtime::Handle::current();
        Ok(Bucket::new(self.store()?, self.url(), &self.prefix, tag, runtime))
    }

    /// Make the bucket known to a process that reads or plans segments.
    ///
    /// # Errors
    /// When the options contradict each other.
    pub fn register(&self, runtime: &RuntimeEnv) -> anyhow::Result<()> {
        let url = url::Url::parse(&self.url()).with_context(|| format!("name the bucket {}", self.bucket))?;
        runtime.register_object_store(&url, self.store()?);
        Ok(())
    }
}
