package bus_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/tests/kafkatest"
)

func TestOpen_securely(t *testing.T) {
	server := kafkatest.Get(t)
	secured := bus.TLSConfig{Enabled: true, CAFile: server.CAFile}
	for name, c := range map[string]bus.Config{
		"plain":             {Brokers: server.SASL, SASL: bus.SASLConfig{Mechanism: "PLAIN", User: kafkatest.PlainUser, Password: kafkatest.Password}},
		"scram-256":         {Brokers: server.SASL, SASL: bus.SASLConfig{Mechanism: "SCRAM-SHA-256", User: kafkatest.ScramUser, Password: kafkatest.Password}},
		"scram-512":         {Brokers: server.SASL, SASL: bus.SASLConfig{Mechanism: "SCRAM-SHA-512", User: kafkatest.ScramUser, Password: kafkatest.Password}},
		"tls and plain":     {Brokers: server.TLS, TLS: secured, SASL: bus.SASLConfig{Mechanism: "PLAIN", User: kafkatest.PlainUser, Password: kafkatest.Password}},
		"tls and scram-512": {Brokers: server.TLS, TLS: secured, SASL: bus.SASLConfig{Mechanism: "SCRAM-SHA-512", User: kafkatest.ScramUser, Password: kafkatest.Password}},
	} {
		t.Run(name, func(t *testing.T) {
			c.Prefix = strings.ReplaceAll(prefix(t), "_", "-")
			b := open(t, c)
			ensure(t, b, bus.Topic{Name: "t"})
			publish(t, b, "t", numbered(0, 10, 1)...)
			store := newStore()
			consume(t, b, bus.BatchConfig{Topics: []string{"t"}, Group: "g"}, store.apply)
			store.await(t, 10)
			store.checkOnce(t, 10, 1)
		})
	}
}

func TestOpen_saysWhyItCannot(t *testing.T) {
	server := kafkatest.Get(t)
	noPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(noPEM, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		c    bus.Config
		want string
	}{
		"no brokers":       {bus.Config{}, "open bus: no brokers given"},
		"no such server":   {bus.Config{Brokers: []string{"127.0.0.1:1"}}, "connection refused"},
		"wrong password":   {bus.Config{Brokers: server.SASL, SASL: bus.SASLConfig{Mechanism: "PLAIN", User: kafkatest.PlainUser, Password: "guess"}}, "SASL Authentication Failed"},
		"wrong mechanism":  {bus.Config{Brokers: server.SASL, SASL: bus.SASLConfig{Mechanism: "MD5"}}, `sasl mechanism "MD5" is not known; expected PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512`},
		"unknown ca":       {bus.Config{Brokers: server.TLS, TLS: bus.TLSConfig{Enabled: true}}, "certificate signed by unknown authority"},
		"not a ca":         {bus.Config{Brokers: server.TLS, TLS: bus.TLSConfig{Enabled: true, CAFile: noPEM}}, "holds no PEM certificate"},
		"certificate only": {bus.Config{Brokers: server.TLS, TLS: bus.TLSConfig{Enabled: true, CertFile: "c.pem"}}, "a client certificate needs both its certificate and its key file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := bus.Open(t.Context(), test.c)
			if err == nil {
				_ = b.Close()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, expected it to say %q", err, test.want)
			}
		})
	}
}
