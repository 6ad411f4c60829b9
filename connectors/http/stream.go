package http

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
)

// streamKeys are the kind's own keys of a stream.
type streamKeys struct {
	Verify       verifyKeys      `yaml:"verify" doc:"how webhooks show whom they are from: hmac, bearer, basic, or none"`
	DeliveryID   string          `yaml:"delivery_id" doc:"header that is the same for each repetition of a delivery"`
	Headers      []string        `yaml:"headers" doc:"headers that mappings may read"`
	DeletedWhen  *condition      `yaml:"deleted_when" doc:"which webhooks tell of a deletion"`
	MaxBody      config.ByteSize `yaml:"max_body" default:"10MB" min:"1KB" max:"1GB" doc:"largest webhook"`
	ContentTypes []string        `yaml:"content_types" doc:"media types that are taken; all where left out"`
	List         *listKeys       `yaml:"list" doc:"how to ask for all records"`
}

// condition looks at a header of a webhook.
type condition struct {
	Header string   `yaml:"header,required"`
	Equals oneOrAll `yaml:"equals,required" doc:"a value, or several"`
}

func (c *condition) holds(h http.Header) bool {
	return c != nil && slices.Contains(c.Equals, h.Get(c.Header))
}

// oneOrAll is a text or a list of texts.
type oneOrAll []string

// ConfigSchema describes what DecodeConfig reads.
func (*oneOrAll) ConfigSchema() map[string]any { return config.OneOrMore(config.Plain()) }

// DecodeConfig reads either.
func (o *oneOrAll) DecodeConfig(n *config.Node, ps *config.Problems) {
	if n.Kind() == config.Scalar {
		*o = oneOrAll{n.Text()}
		return
	}
	n.Decode((*[]string)(o), ps)
}

// stream is one stream, checked.
type stream struct {
	name    string
	format  formats.Format
	keys    streamKeys
	webhook bool
	list    *list // nil where it is not asked for
}

// secretHeaders are never copied into a frame.
var secretHeaders = []string{"Authorization", "Proxy-Authorization", "Cookie"}

func openStream(s connectors.StreamSettings, known []formats.Kind, base *url.URL, ps *config.Problems) *stream {
	one := &stream{name: s.Name, format: s.Format}
	if !s.Decode(&one.keys, ps) {
		return one
	}
	one.webhook = one.keys.Verify.given
	if !one.webhook && one.keys.List == nil {
		ps.Add(config.Problem{Position: s.At, What: "the stream neither takes webhooks nor asks for a list", Expected: "verify: with hmac, bearer, basic or none, or list: with a path"})
	}
	if s.Poll != "" && one.keys.List == nil {
		ps.Add(config.Problem{Position: s.At, What: "the stream has a schedule and nothing to ask for", Expected: "list: with a path beside poll:"})
	}
	secret := slices.Concat(secretHeaders, one.keys.Verify.headers())
	for i, name := range one.keys.Headers {
		if slices.ContainsFunc(secret, func(s string) bool { return http.CanonicalHeaderKey(s) == http.CanonicalHeaderKey(name) }) {
			ps.Add(config.Problem{Position: s.Rest.Get("headers").Items()[i].Position(), What: "header " + name + " holds a secret", Expected: "headers that may be stored"})
		}
	}
	if one.keys.List != nil {
		l := openList(one.keys.List, s, known, base, ps)
		if s.Poll != "" || !one.webhook { // where webhooks come, poll: says that the list is wanted too
			one.list = l
		}
	}
	return one
}

// source reads one stream: webhooks as they arrive, lists by the clock.
type source struct {
	stream *stream
	system string
	env    connectors.Env
	client *client
}

// Run reads until ctx ends; see [connectors.Source].
func (s *source) Run(ctx context.Context, emit connectors.Emit) error {
	defer s.client.http.CloseIdleConnections()
	work, ctx := errgroup.WithContext(ctx)
	if s.stream.webhook {
		work.Go(func() error { return s.receive(ctx, emit) })
	}
	if s.stream.list != nil {
		work.Go(func() error { return s.poll(ctx, emit) })
	}
	return work.Wait()
}

// receive serves webhooks until ctx ends and those under way are answered.
func (s *source) receive(ctx context.Context, emit connectors.Emit) error {
	lasting, cancel := lasting(ctx)
	defer cancel()
	remove := s.env.Intake.Handle(s.system, s.stream.name, &webhook{
		source: s, emit: emit, lasting: lasting, underWay: map[string]chan struct{}{},
		path:   "/in/" + s.system + "/" + s.stream.name,
		memory: semaphore.NewWeighted(max(bodies, int64(s.stream.keys.MaxBody))),
	})
	<-ctx.Done()
	remove()
	return nil
}

// webhook handles one stream's requests.
type webhook struct {
	*source
	emit    connectors.Emit
	lasting context.Context
	path    string
	memory  *semaphore.Weighted // bytes of bodies

	mu       sync.Mutex
	underWay map[string]chan struct{} // delivery IDs that are being taken; closed when they are
	refused  refusals
}
