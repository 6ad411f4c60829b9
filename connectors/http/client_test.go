package http_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
)

// certify writes a certificate of its own making and its key into a folder.
func certify(t *testing.T, folder string) (certificate *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "the hub"}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, filepath.Join(folder, "hub.pem"), "CERTIFICATE", der)
	writePEM(t, filepath.Join(folder, "hub.key"), "PRIVATE KEY", pkcs8)
	certificate, err = x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTarget_showsItsCertificateAndTrustsOnlyItsAuthority(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	clients := x509.NewCertPool()
	clients.AddCert(certify(t, folder))
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	// TLS 1.3 refuses after the client's side of the handshake, before or after the request has left
	server.TLS = &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients, MaxVersion: tls.VersionTLS12}
	server.Config.ErrorLog = silent()
	server.StartTLS()
	t.Cleanup(server.Close)
	writePEM(t, filepath.Join(folder, "ca.pem"), "CERTIFICATE", server.Certificate().Raw)

	for name, test := range map[string]struct {
		tls    string
		status connectors.Status
		text   string
	}{
		"both":           {"tls: {ca: ca.pem, certificate: hub.pem, key: hub.key}", connectors.Done, "<nil>"},
		"no certificate": {"tls: {ca: ca.pem}", connectors.Retry, "remote error: tls: "},
		"no authority":   {"tls: {certificate: hub.pem, key: hub.key}", connectors.Retry, "certificate signed by unknown authority"},
	} {
		c := mustIn(t, folder, fmt.Sprintf("kind: http\nsettings: {base_url: %s, %s}\ntarget: {people: {update: {path: /p}}}", server.URL, test.tls))
		target, err := c.Connector.Target("people", connectors.Env{})
		if err != nil {
			t.Fatal(err)
		}
		o := deliver(t, target, connectors.Delivery{Operation: connectors.Update, RemoteID: "1", Payload: []byte("{}")})
		if o.Status != test.status || !strings.Contains(fmt.Sprint(o.Err), test.text) {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

func TestTarget_withoutItsFilesIsAnError(t *testing.T) {
	t.Parallel()
	c := must(t, "kind: http\nsettings: {base_url: https://h, tls: {ca: none.pem}}\ntarget: {people: {update: {path: /p}}}")
	_, err := c.Connector.Target("people", connectors.Env{})
	if class, _ := connectors.Classify(err); err == nil || class != connectors.ClassPermanent || !strings.HasPrefix(err.Error(), "read tls.ca: ") {
		t.Errorf("error %v", err)
	}
}
