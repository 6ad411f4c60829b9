package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/hub"
)

func (a *API) registerSubscribers(api huma.API) {
	get(a, api, "/v1/subscribers", "list-subscribers", "subscribers", "Receivers of webhooks, and how far they are", a.subscribers)
	get(a, api, "/v1/subscribers/{name}/log", "get-subscriber-log", "subscribers", "The last attempts to tell a subscriber, newest first", a.subscriberLog)
	post(a, api, "/v1/subscribers/{name}/resend", "resend-to-subscriber", "subscribers", "Send one event, or all after a cursor, again", http.StatusAccepted, a.resend)
}

func (a *API) subscribers(ctx context.Context, _ *struct{}) (*listOutput[hub.Subscriber], error) {
	list, err := a.hub.Subscribers(ctx)
	return &listOutput[hub.Subscriber]{List[hub.Subscriber]{Items: list}}, err
}

type subscriberInput struct {
	Name string `path:"name"`
}

func (a *API) subscriberLog(ctx context.Context, in *subscriberInput) (*listOutput[hub.Attempt], error) {
	log, err := a.hub.SubscriberLog(ctx, in.Name)
	if log == nil {
		log = []hub.Attempt{}
	}
	return &listOutput[hub.Attempt]{List[hub.Attempt]{Items: log}}, err
}

// Resend says what a subscriber is to be sent again: one of the two.
type Resend struct {
	From string `json:"from,omitempty" doc:"everything after this cursor of the feed; oldest for all that is kept"`
	ID   string `json:"id,omitempty" doc:"this event"`
}

type resendInput struct {
	Once
	Name string `path:"name"`
	Body Resend
}

type resendOutput struct{ Body Resend }

// resend notes what is asked; the process that serves the subscriber does it.
func (a *API) resend(ctx context.Context, in *resendInput) (*resendOutput, error) {
	if (in.Body.From == "") == (in.Body.ID == "") {
		return nil, huma.Error400BadRequest("say what to send again: from or id")
	}
	from := hub.FeedStart
	if in.Body.From != "" && in.Body.From != "oldest" {
		var err error
		if from, err = hub.ParseFeedCursor(in.Body.From); err != nil {
			return nil, huma.Error400BadRequest(err.Error())
		}
	}
	err := a.hub.Resend(ctx, in.Name, from, in.Body.ID)
	switch {
	case errors.Is(err, hub.ErrPending):
		return nil, huma.Error409Conflict(err.Error())
	case errors.Is(err, hub.ErrEventID):
		return nil, huma.Error400BadRequest(err.Error())
	}
	return &resendOutput{in.Body}, feedGone(err)
}
