package http

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
)

// auth is one way of showing who the hub is.
type auth struct {
	Bearer *config.Secret `yaml:"bearer" doc:"a token"`
	Basic  *basic         `yaml:"basic" doc:"user and password"`
	APIKey *apiKey        `yaml:"api_key" doc:"a header of the system's own"`

	node *config.Node
}

type basic struct {
	User     string        `yaml:"user,required"`
	Password config.Secret `yaml:"password,required"`
}

type apiKey struct {
	Header string        `yaml:"header,required"`
	Value  config.Secret `yaml:"value,required"`
}

// ConfigSchema describes what DecodeConfig reads.
func (*auth) ConfigSchema() map[string]any {
	type plain auth
	return config.Schema(plain{})
}

// DecodeConfig reads the mapping and keeps where it stood.
func (a *auth) DecodeConfig(n *config.Node, ps *config.Problems) {
	type plain auth
	n.Decode((*plain)(a), ps)
	a.node = n
}

// check holds auth to one way, with a secret where the connector sends anything.
func (a *auth) check(sends bool, ps *config.Problems) {
	if a == nil {
		return
	}
	given := 0
	for key, secret := range map[string]*config.Secret{"bearer": a.Bearer, "basic": a.Basic.secret(), "api_key": a.APIKey.secret()} {
		if secret == nil {
			continue
		}
		given++
		if sends && !secret.IsSet() {
			ps.Add(config.Problem{Position: a.node.Get(key).Position(), What: key + " has an empty secret", Expected: "text such as ${NAME}"})
		}
	}
	if given != 1 {
		ps.Add(config.Problem{Position: a.node.Position(), What: fmt.Sprintf("auth has %d ways", given), Expected: "one of bearer, basic, api_key"})
	}
}

func (b *basic) secret() *config.Secret {
	if b == nil {
		return nil
	}
	return &b.Password
}

func (k *apiKey) secret() *config.Secret {
	if k == nil {
		return nil
	}
	return &k.Value
}

func (a *auth) apply(h http.Header, r *http.Request) {
	switch {
	case a == nil:
	case a.Bearer != nil:
		h.Set("Authorization", "Bearer "+a.Bearer.Reveal())
	case a.Basic != nil:
		r.SetBasicAuth(a.Basic.User, a.Basic.Password.Reveal())
	case a.APIKey != nil:
		h.Set(a.APIKey.Header, a.APIKey.Value.Reveal())
	}
}

// secrets lists what must not show up in anything that the system answers.
func (s settings) secrets() redactor {
	var r redactor
	if s.Auth != nil {
		for _, secret := range []*config.Secret{s.Auth.Bearer, s.Auth.Basic.secret(), s.Auth.APIKey.secret()} {
			if secret != nil && len(secret.Reveal()) >= leastSecret {
				r = append(r, []byte(secret.Reveal()))
			}
		}
	}
	for _, h := range s.Headers {
		if h.Value.Node.IsSecretRef() && len(h.Value.Value) >= leastSecret {
			r = append(r, []byte(h.Value.Value))
		}
	}
	return r
}

// leastSecret keeps the redactor from tearing up texts over a secret of a letter or two.
const leastSecret = 4

// redactor takes secrets out of texts.
type redactor [][]byte

func (r redactor) clean(text []byte) []byte {
	for _, secret := range r {
		text = bytes.ReplaceAll(text, secret, []byte("[secret]"))
	}
	return text
}

// tlsFiles are paths relative to the hub folder.
type tlsFiles struct {
	CA          string `yaml:"ca" doc:"PEM file of the authorities to trust instead of the machine's"`
	Certificate string `yaml:"certificate" doc:"PEM file of the hub's own certificate"`
	Key         string `yaml:"key" doc:"PEM file of its key"`
}

func (t *tlsFiles) load(folder string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if t == nil {
		return c, nil
	}
	at := func(path string) string {
		if filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(folder, path)
	}
	if t.CA != "" {
		pem, err := os.ReadFile(at(t.CA))
		if err != nil {
			return nil, fmt.Errorf("read tls.ca: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read tls.ca: %s holds no certificate", t.CA)
		}
	}
	if t.Certificate != "" || t.Key != "" {
		pair, err := tls.LoadX509KeyPair(at(t.Certificate), at(t.Key))
		if err != nil {
			return nil, fmt.Errorf("read tls.certificate and tls.key: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// client sends requests to one system.
type client struct {
	http *http.Client
	// fresh opens a connection for each request. A system may close a kept one at the moment at
	// which a request goes out on it, and nobody knows then whether it was read.
	fresh   *http.Client
	set     settings
	secrets redactor
}

func (c *connector) client() (*client, error) {
	tlsConfig, err := c.set.TLS.load(c.folder)
	if err != nil {
		return nil, &connectors.PermanentError{Err: err}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = tlsConfig
	transport.MaxConnsPerHost, transport.MaxIdleConnsPerHost = c.set.Connections, c.set.Connections
	transport.IdleConnTimeout = 60 * time.Second
	once := transport.Clone()
	once.DisableKeepAlives = true
	return &client{
		http:    &http.Client{Transport: transport, CheckRedirect: sameHost},
		fresh:   &http.Client{Transport: once, CheckRedirect: sameHost},
		set:     c.set,
		secrets: c.secrets,
	}, nil
}

// sameHost follows the redirects of a GET within one host. A write is never sent on: what came
// back says where to, and base_url is to be mended.
func sameHost(r *http.Request, via []*http.Request) error {
	first := via[0]
	if first.Method != http.MethodGet || r.URL.Host != first.URL.Host || r.URL.Scheme != first.URL.Scheme || len(via) > 5 {
		return http.ErrUseLastResponse
	}
	return nil
}

// prepare puts the headers of every request on one.
func (c *client) prepare(r *http.Request) {
	r.Header.Set("User-Agent", "touchstone")
	r.Header.Set("Accept", "application/json")
	for _, h := range c.set.Headers {
		r.Header.Set(h.Name, h.Value.Value)
	}
	c.set.Auth.apply(r.Header, r)
}

// plain takes the URL, which may hold what is nobody's business, out of an error of net/http.
func (c *client) plain(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if clean := c.secrets.clean([]byte(err.Error())); string(clean) != err.Error() {
		return errors.New(string(clean))
	}
	return err
}

// retryAfter reads the header's seconds or date (RFC 9110, 10.2.3); 0 where there is none.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0
	}
	if d, err := time.ParseDuration(text + "s"); err == nil { // some systems send fractions
		return max(d, 0)
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
