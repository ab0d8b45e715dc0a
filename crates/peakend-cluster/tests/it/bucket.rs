//! An S3-compatible server on loopback, over a temporary folder.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use peakend_cluster::StoreOptions;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tokio::net::TcpListener;

const BUCKET: &str = "segments";
const KEY: (&str, &str) = ("test", "test-secret");

/// A running server; it ends with the test's runtime.
#[derive(Debug)]
pub(crate) struct Bucket {
    address: SocketAddr,
}

impl Bucket {
    pub(crate) async fn start(folder: &Path) -> Self {
        std::fs::create_dir_all(folder.join(BUCKET)).unwrap();
        let mut builder = S3ServiceBuilder::new(FileSystem::new(folder).unwrap());
        builder.set_auth(SimpleAuth::from_single(KEY.0, KEY.1));
        let service = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        // this server looks at a condition and writes in two steps: one write at a time makes them one
        let writing = Arc::new(tokio::sync::Mutex::new(()));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (service, writing) = (service.clone(), Arc::clone(&writing));
                let answer = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
                    let (service, writing) = (service.clone(), Arc::clone(&writing));
                    async move {
                        let _alone = match *request.method() {
                            hyper::Method::PUT => Some(writing.lock().await),
                            _ => None,
                        };
                        hyper::service::Service::call(&service, request).await
                    }
                });
                tokio::spawn(async move {
                    let _gone = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), answer).await;
                });
            }
        });
        Self { address }
    }

    pub(crate) fn options(&self) -> StoreOptions {
        StoreOptions {
            bucket: BUCKET.to_owned(),
            prefix: "peakend".to_owned(),
            endpoint: Some(format!("http://{}", self.address)),
            region: "us-east-1".to_owned(),
            key_id: Some(KEY.0.to_owned()),
            secret: Some(KEY.1.to_owned()),
        }
    }

    /// The same as arguments of a process.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let o = self.options();
        ["--bucket", &o.bucket, "--prefix", &o.prefix, "--endpoint", o.endpoint.as_deref().unwrap()]
            .into_iter()
            .chain(["--key-id", KEY.0, "--secret", KEY.1])
            .map(str::to_owned)
            .collect()
    }
}
