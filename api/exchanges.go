package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

func (a *API) registerExchanges(api huma.API) {
	get(a, api, "/v1/exchanges", "list-exchanges", "operation", "Interchanges and documents exchanged with partners, newest first", a.exchanges)
	get(a, api, "/v1/exchanges/counts", "count-exchanges", "operation", "How many interchanges and documents are in which state", a.exchangeCounts)
	post(a, api, "/v1/exchanges/resend", "resend-exchange", "operation", "Hand an interchange over once more, as it was", http.StatusOK, a.resendExchange)
	get(a, api, "/v1/exchanges/one", "get-exchange", "operation", "One interchange or document, with the bytes that the hub made", a.exchange)
}

// Exchange is an interchange or document that a connector keeps in its ledger.
type Exchange struct {
	System string         `json:"system" doc:"whose connector it is"`
	Kind   string         `json:"kind" enum:"interchange,document,number,reference,letter"`
	Key    string         `json:"key" doc:"in/PARTNER/CONTROL or out/PARTNER/CONTROL of an interchange"`
	State  string         `json:"state" doc:"received, accepted, rejected, queued PARTNER, ready, sent, acknowledged, overdue, …"`
	Time   time.Time      `json:"time" doc:"when it came or was made"`
	Due    time.Time      `json:"due,omitzero" doc:"when its acknowledgement is due"`
	Detail map[string]any `json:"detail" doc:"what the connector knows of it: partner, control number, sets, problems, documents"`
	Text   string         `json:"text,omitempty" doc:"the bytes that the hub made, where they are UTF-8"`
	Bytes  []byte         `json:"bytes,omitempty" doc:"the bytes, where they are not"`
}

// exchangeOf is a row without its bytes, or with them.
func exchangeOf(r golden.LedgerRow, whole bool) Exchange {
	e := Exchange{System: r.System, Kind: r.Kind, Key: r.Key, State: r.State, Time: r.At, Due: r.Due, Detail: map[string]any{}}
	_ = json.Unmarshal(r.Body, &e.Detail) // of some kinds it is a text, which nobody needs
	delete(e.Detail, "bytes")
	if !whole {
		return e
	}
	var kept struct {
		Bytes []byte `json:"bytes"`
	}
	_ = json.Unmarshal(r.Body, &kept)
	if utf8.Valid(kept.Bytes) {
		e.Text = string(kept.Bytes)
	} else {
		e.Bytes = kept.Bytes
	}
	return e
}

type exchangesInput struct {
	System string   `query:"system" required:"true" doc:"whose connector they are"`
	Kind   string   `query:"kind" default:"interchange" enum:"interchange,document,number" doc:"what to list"`
	State  []string `query:"state,explode" doc:"only in one of these states"`
	Page
}

func (a *API) exchanges(ctx context.Context, in *exchangesInput) (*listOutput[Exchange], error) {
	after, err := in.after(2)
	if err != nil {
		return nil, err
	}
	q := golden.LedgerQuery{System: in.System, Kind: in.Kind, States: in.State, Newest: true, AfterKey: after[1], Limit: in.Limit + 1}
	if len(in.State) == 0 {
		q.States = nil
	}
	if after[0] != "" {
		micros, err := strconv.ParseInt(after[0], 10, 64)
		if err != nil {
			return nil, invalid("cursor", in.Cursor, "the next of an earlier answer to the same question")
		}
		q.After = time.UnixMicro(micros)
	}
	rows, err := a.store.ListLedger(ctx, q)
	if err != nil {
		return nil, err
	}
	items := make([]Exchange, 0, len(rows))
	for _, r := range rows {
		items = append(items, exchangeOf(r, false))
	}
	return &listOutput[Exchange]{page(items, in.Limit, func(e Exchange) string { return cursor(strconv.FormatInt(e.Time.UnixMicro(), 10), e.Key) })}, nil
}

type exchangeInput struct {
	System string `query:"system" required:"true"`
	Kind   string `query:"kind" default:"interchange" enum:"interchange,document,number"`
	Key    string `query:"key" required:"true"`
}

type exchangeOutput struct{ Body Exchange }

func (a *API) exchange(ctx context.Context, in *exchangeInput) (*exchangeOutput, error) {
	r, err := a.hub.Exchange(ctx, in.System, in.Kind, in.Key)
	if err != nil {
		return nil, err
	}
	return &exchangeOutput{exchangeOf(r, true)}, nil
}

// ResendExchange says which interchange is to be handed over once more.
type ResendExchange struct {
	System string `json:"system" doc:"whose connector sent it"`
	Key    string `json:"key" doc:"out/PARTNER/CONTROL"`
}

type resendExchangeInput struct {
	Once
	Body ResendExchange
}

type resendExchangeOutput struct{ Body ResendExchange }

func (a *API) resendExchange(ctx context.Context, in *resendExchangeInput) (*resendExchangeOutput, error) {
	return &resendExchangeOutput{in.Body}, a.hub.ResendExchange(ctx, in.Body.System, in.Body.Key)
}

type exchangeCountsOutput struct {
	Body struct {
		Items []hub.ExchangeCount `json:"items"`
	}
}

func (a *API) exchangeCounts(ctx context.Context, _ *struct{}) (*exchangeCountsOutput, error) {
	counts, err := a.hub.Exchanges(ctx)
	out := &exchangeCountsOutput{}
	out.Body.Items = counts
	return out, err
}
