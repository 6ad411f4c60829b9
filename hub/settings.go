package hub

import (
	"time"

	"github.com/touchstone-hub/touchstone/bus"
	"github.com/touchstone-hub/touchstone/config"
)

// Settings is hub.yaml.
type Settings struct {
	Name        string               `yaml:"name" doc:"the hub's name, shown in the console and in event sources"`
	Region      string               `yaml:"region" default:"US" doc:"ISO 3166-1 alpha-2 code of the country by which phones and addresses without one are read"`
	Data        string               `yaml:"data" default:".touchstone" doc:"folder for broker, store and ledgers; relative to the hub folder"`
	Bus         BusSettings          `yaml:"bus" doc:"Kafka; without brokers the hub runs its own"`
	Store       StoreSettings        `yaml:"store" doc:"where golden records are kept; without url an SQLite file in the data folder"`
	Resolve     ResolveSettings      `yaml:"resolve" doc:"how records become customers"`
	API         APISettings          `yaml:"api" doc:"REST, change feed and metrics"`
	Intake      IntakeSettings       `yaml:"intake" doc:"where webhooks arrive"`
	Subscribers []SubscriberSettings `yaml:"subscribers" doc:"who is told of changes of customers by webhook"`
	Telemetry   TelemetrySettings    `yaml:"telemetry" doc:"traces; without an endpoint, here or in OTEL_EXPORTER_OTLP_ENDPOINT, none are recorded"`
	Limits      LimitSettings        `yaml:"limits" doc:"bounds on what one hub process takes"`
}

// BusSettings say which Kafka to use.
type BusSettings struct {
	Brokers     []string      `yaml:"brokers" doc:"host:port of some brokers of the cluster"`
	Prefix      string        `yaml:"prefix" doc:"put before topic and group names, so that hubs can share a cluster"`
	Partitions  int           `yaml:"partitions" min:"1" max:"1000" doc:"of new topics; 1 on the embedded broker, 6 on a cluster"`
	Replication int           `yaml:"replication" min:"1" max:"9" doc:"of new topics; the cluster's default where absent"`
	Retention   time.Duration `yaml:"retention" default:"7d" doc:"how long raw and canonical records can be replayed"`
	TLS         TLSSettings   `yaml:"tls"`
	SASL        SASLSettings  `yaml:"sasl"`
	Session     time.Duration `yaml:"session_timeout" default:"10s" doc:"after how long without a sign of life a process loses its partitions"`
}

// TLSSettings encrypt the way to the brokers.
type TLSSettings struct {
	Enabled    bool   `yaml:"enabled"`
	CA         string `yaml:"ca" doc:"PEM file; the system's roots where absent"`
	Cert       string `yaml:"cert" doc:"PEM file of the client certificate"`
	Key        string `yaml:"key" doc:"PEM file of the client key"`
	ServerName string `yaml:"server_name"`
}

// SASLSettings log in to the brokers.
type SASLSettings struct {
	Mechanism string        `yaml:"mechanism" enum:"PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"`
	User      string        `yaml:"user"`
	Password  config.Secret `yaml:"password"`
}

// StoreSettings say where golden records are kept.
type StoreSettings struct {
	URL            config.Secret `yaml:"url" doc:"postgres://user:password@host/database"`
	Schema         string        `yaml:"schema" doc:"PostgreSQL schema"`
	MaxConnections int           `yaml:"max_connections" default:"11" min:"2" max:"500" doc:"half of them write, half read; of three and more one reads for the batch that is being resolved, beside what it writes"`
}

// ResolveSettings say how records go into the store.
type ResolveSettings struct {
	LoadFrom int64 `yaml:"load_from" default:"20000" min:"0" doc:"from how many records on the first ones go into an empty store all at once; 0: never"`
	LoadMost int64 `yaml:"load_most" default:"1000000" min:"1" doc:"how many go in at once at most"`
}

// APISettings say where the API listens and who may read.
type APISettings struct {
	Listen string        `yaml:"listen" default:"127.0.0.1:8080" doc:"address; beyond loopback it needs keys and TLS"`
	Keys   []KeySettings `yaml:"keys" doc:"API keys; on loopback reading needs none"`
	Cert   string        `yaml:"cert" doc:"PEM file of the server certificate"`
	Key    string        `yaml:"key" doc:"PEM file of the server key"`
}

// KeySettings is one API key.
type KeySettings struct {
	Name string        `yaml:"name,required" doc:"who uses it; stands in the audit log"`
	Key  config.Secret `yaml:"key,required"`
	Role string        `yaml:"role" default:"reader" enum:"reader,agent,steward,admin"`
}

// IntakeSettings say where webhooks arrive.
type IntakeSettings struct {
	Listen string `yaml:"listen" default:"127.0.0.1:8081" doc:"address of /in/<system>/<stream>"`
	Cert   string `yaml:"cert" doc:"PEM file of the server certificate"`
	Key    string `yaml:"key" doc:"PEM file of the server key"`
}

// LimitSettings bound one process.
type LimitSettings struct {
	FreeDisk config.ByteSize `yaml:"free_disk" default:"512MB" doc:"below this much free disk the embedded broker takes nothing more"`
	Record   config.ByteSize `yaml:"record" default:"16MB" doc:"largest record"`
}

// bus gives the bus's view of the settings.
func (s BusSettings) bus() bus.Config {
	return bus.Config{
		Brokers:     s.Brokers,
		Prefix:      s.Prefix,
		Replication: s.Replication,
		TLS: bus.TLSConfig{
			Enabled: s.TLS.Enabled, CAFile: s.TLS.CA, CertFile: s.TLS.Cert, KeyFile: s.TLS.Key,
			ServerName: s.TLS.ServerName,
		},
		SASL: bus.SASLConfig{Mechanism: s.SASL.Mechanism, User: s.SASL.User, Password: s.SASL.Password.Reveal()},
	}
}
