package hub

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/config"
)

// SubscriberSettings are one receiver of outgoing webhooks, as `subscribers:` of hub.yaml lists
// them. Addresses on loopback and in private networks are as good as others: most receivers are
// the company's own.
type SubscriberSettings struct {
	Name         string          `yaml:"name,required" doc:"how commands and metrics call it; its place in the feed is kept under it"`
	URL          string          `yaml:"url,required" doc:"where events are posted; http or https"`
	Secrets      []config.Secret `yaml:"secrets,required" doc:"whsec_ and base64 of 24 to 64 bytes; every event is signed with each, so that one can be replaced by another"`
	Types        []string        `yaml:"types" doc:"only these changes: created, changed, merged, split, deleted, erased"`
	Paths        []string        `yaml:"paths" doc:"of changed customers only those where one of these changed: JSON pointers such as /phones"`
	Systems      []string        `yaml:"systems" doc:"only changes that came from these: system, or system/stream"`
	Current      bool            `yaml:"current" doc:"send the customer as it is now with every event"`
	Begin        string          `yaml:"begin" enum:"now,oldest" default:"now" doc:"where a new subscriber begins: with the next change, or with the oldest that is kept"`
	Timeout      time.Duration   `yaml:"timeout" default:"15s" min:"100ms" doc:"how long an answer may take"`
	Concurrency  int             `yaml:"concurrency" default:"4" min:"1" max:"64" doc:"customers that are told of at the same time; those of one customer go one after the other"`
	Backoff      time.Duration   `yaml:"backoff" default:"5s" min:"10ms" doc:"the first wait after a failure; each further one is twice as long"`
	MaxBackoff   time.Duration   `yaml:"max_backoff" default:"1h" min:"10ms" doc:"the longest wait"`
	DisableAfter time.Duration   `yaml:"disable_after" default:"5d" min:"1s" doc:"a receiver that takes nothing for so long is disabled until it is resent to"`

	filter FeedFilter
}

// checkSubscribers checks what the types of the settings cannot say.
func (l *loader) checkSubscribers(node *config.Node) {
	items := node.Items()
	first := map[string]config.Position{}
	for i := range min(len(l.Settings.Subscribers), len(items)) {
		s, at := &l.Settings.Subscribers[i], items[i]
		place := func(key string) config.Position {
			if n := at.Get(key); n.IsSet() {
				return n.Position()
			}
			return at.Position()
		}
		if other, ok := first[s.Name]; ok && s.Name != "" {
			l.ps.Errorf(place("name"), "subscriber %q is defined twice; the first stands at %s", s.Name, other)
		}
		first[s.Name] = place("name")
		if strings.ContainsAny(s.Name, "/ \t\n") {
			l.ps.Errorf(place("name"), "subscriber name is %q; expected no blank and no slash", s.Name)
		}
		if u, err := url.Parse(s.URL); s.URL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
			l.ps.Errorf(place("url"), "url of subscriber %s is not one of a web server; expected https://host/path", s.Name)
		}
		if at.Get("secrets").IsSet() && len(s.Secrets) == 0 {
			l.ps.Errorf(place("secrets"), "subscriber %s has no secret; expected at least one", s.Name)
		}
		for n, secret := range s.Secrets {
			if _, err := signingKey(secret); err != nil {
				l.ps.Errorf(at.Get("secrets").Items()[n].Position(), "secret %d of subscriber %s: %v", n+1, s.Name, err)
			}
		}
		l.checkFilter(s, place)
	}
}

func (l *loader) checkFilter(s *SubscriberSettings, place func(key string) config.Position) {
	if err := s.filter.SetTypes(s.Types); err != nil {
		l.ps.Errorf(place("types"), "subscriber %s: %v", s.Name, err)
	}
	for _, p := range s.Paths {
		if !strings.HasPrefix(p, "/") {
			l.ps.Errorf(place("paths"), "path of subscriber %s is %q; expected a JSON pointer such as /phones", s.Name, p)
		}
	}
	s.filter.Paths, s.filter.Systems = s.Paths, s.Systems
}

// signingKey is the key that a secret stands for. Standard Webhooks, "Signature scheme".
func signingKey(secret config.Secret) ([]byte, error) {
	text, ok := strings.CutPrefix(secret.Reveal(), "whsec_")
	if !ok {
		return nil, errors.New("it does not begin with whsec_; expected whsec_ and base64 of 24 to 64 bytes")
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("what follows whsec_ is not base64")
	}
	if len(key) < 24 || len(key) > 64 {
		return nil, fmt.Errorf("it holds %d bytes; expected 24 to 64", len(key))
	}
	return key, nil
}
