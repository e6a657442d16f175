package http

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	nethttp "net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	dialTimeout    = 30 * time.Second
	headerTimeout  = time.Minute
	idleTimeout    = 90 * time.Second
	maxIdlePerHost = 64
	maxDrain       = 16 << 10 // bytes of a page that says why there is no value
)

// client returns the client of the process, so that stores share connections.
// Proxies come from the usual variables of the environment.
var client = sync.OnceValue(func() *nethttp.Client {
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: dialTimeout}
	return &nethttp.Client{
		Transport: &nethttp.Transport{
			Proxy: nethttp.ProxyFromEnvironment, DialContext: dialer.DialContext,
			ForceAttemptHTTP2: true, TLSClientConfig: tlsConfig(),
			MaxIdleConnsPerHost: maxIdlePerHost, IdleConnTimeout: idleTimeout,
			TLSHandshakeTimeout: dialTimeout, ResponseHeaderTimeout: headerTimeout,
			DisableCompression: true, // see setHeader
		},
		CheckRedirect: func(*nethttp.Request, []*nethttp.Request) error { return nethttp.ErrUseLastResponse },
	}
})

// tlsConfig adds the certificates that TENSORSTORE_CA_BUNDLE (a file) and
// TENSORSTORE_CA_PATH (a directory) name to those of the system.
func tlsConfig() *tls.Config {
	files := []string{os.Getenv("TENSORSTORE_CA_BUNDLE")}
	if dir := os.Getenv("TENSORSTORE_CA_PATH"); dir != "" {
		more, _ := filepath.Glob(filepath.Join(dir, "*")) // errs on patterns only
		files = append(files, more...)
	}
	var pool *x509.CertPool
	for _, name := range files {
		pem, err := os.ReadFile(name)
		if name == "" || err != nil {
			continue // what is needed and missing fails the handshake
		}
		if pool == nil {
			if pool, err = x509.SystemCertPool(); err != nil {
				pool = x509.NewCertPool()
			}
		}
		pool.AppendCertsFromPEM(pem)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}
