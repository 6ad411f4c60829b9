package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os/user"
	"strings"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/api"
	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

// acting are the flags of every command by which a person decides.
type acting struct {
	api.ActBody
	strength string
}

// flags adds them; a value that is pinned has no strength.
func (f *acting) flags(c *cobra.Command, verdict bool) {
	c.Flags().StringVar(&f.Reason, "reason", "", "why; needed unless --dry-run")
	c.Flags().StringVar(&f.Author, "author", "", "who decides (default: the user's name on this machine)")
	c.Flags().BoolVar(&f.DryRun, "dry-run", false, "show what it would do, and change nothing")
	if verdict {
		c.Flags().StringVar(&f.strength, "strength", "lock", "lock, suggest or auto: how far it binds")
	}
}

// ready checks them.
func (f *acting) ready(c *cobra.Command) error {
	if f.Reason == "" && !f.DryRun {
		return misuse(c, errors.New("say why: --reason TEXT, or --dry-run to see what it would do"))
	}
	switch f.strength {
	case "", "lock", "suggest", "auto":
	default:
		return misuse(c, fmt.Errorf("--strength is %q; expected lock, suggest or auto", f.strength))
	}
	if f.Author == "" {
		if u, err := user.Current(); err == nil {
			f.Author = u.Username
		}
	}
	return nil
}

func (f *acting) verdict() api.Strength { return api.Strength{Strength: golden.Strength(f.strength)} }

// decide has do ask for an act, and shows the effects.
func (a *app) decide(c *cobra.Command, f *acting, do func(cl *client, into *golden.Effects) error) error {
	if err := f.ready(c); err != nil {
		return err
	}
	var e golden.Effects
	err := a.withWhole(c, func(cl *client) error { return do(cl, &e) })
	if err != nil {
		return err
	}
	return a.print(c, e, func(w io.Writer) error { return printEffects(w, e) })
}

// withWhole is with, but where no hub runs the whole folder is opened: a decision is carried out by its
// rules.
func (a *app) withWhole(c *cobra.Command, do func(cl *client) error) error {
	cl, err := a.connectBy(c, func(ctx context.Context, _ *hub.Folder, o hub.Options) (*hub.Hub, error) {
		folder, err := a.load(c)
		if err != nil {
			return nil, err
		}
		return hub.OpenStore(ctx, folder, o)
	})
	if err != nil {
		return err
	}
	return errors.Join(do(cl), cl.close())
}

// seen asks for customers as they are, by golden ID, and gives the ETags that say so; names of records
// are passed over.
func (cl *client) seen(ctx context.Context, names ...string) (tags string, err error) {
	var all []string
	for _, name := range names {
		if strings.Contains(name, "/") {
			continue
		}
		var v view
		if err := cl.get(ctx, "/v1/customers/"+url.PathEscape(name), nil, &v); err != nil {
			return "", err
		}
		all = append(all, fmt.Sprintf(`"%s-%d"`, v.ID, v.Version))
	}
	return strings.Join(all, ", "), nil
}

// customerPath is the path of an act about a customer.
func customerPath(id, act string) string { return "/v1/customers/" + url.PathEscape(id) + "/" + act }

func (a *app) mergeCommand() *cobra.Command {
	f := &acting{}
	c := &cobra.Command{
		Use:     "merge A B",
		Short:   "Make two customers one",
		Long:    "Make two customers one. A and B are golden IDs, or keys of source records (SYSTEM/STREAM/ID); which is named first makes no difference.",
		Example: "  touchstone merge G06H… G06J… --reason 'the same firm, says its accountant'\n  touchstone merge erp/customers/1 shop/customers/7 --dry-run",
		Args:    cobra.ExactArgs(2),
	}
	f.flags(c, true)
	c.RunE = func(c *cobra.Command, args []string) error {
		left, right := args[0], args[1]
		return a.decide(c, f, func(cl *client, into *golden.Effects) error {
			if strings.Contains(left, "/") {
				left, right = right, left
			}
			if strings.Contains(left, "/") { // both are records
				body := judgement{f.ActBody, f.verdict(), golden.Same, []string{left}, []string{right}}
				return cl.post(c.Context(), "/v1/decisions", body, into)
			}
			tags, err := cl.seen(c.Context(), left, right)
			if err != nil {
				return err
			}
			return cl.act(c.Context(), customerPath(left, "merge"), tags, struct {
				api.ActBody
				api.Strength
				With string `json:"with"`
			}{f.ActBody, f.verdict(), right}, into)
		})
	}
	return c
}

// judgement is a verdict between records.
type judgement struct {
	api.ActBody
	api.Strength
	Verdict golden.Verdict `json:"verdict"`
	Left    []string       `json:"left,omitempty"`
	Right   []string       `json:"right,omitempty"`
}

func (a *app) splitCommand() *cobra.Command {
	f := &acting{}
	var records []string
	c := &cobra.Command{
		Use:     "split GOLDEN-ID --records KEY,…",
		Short:   "Take source records out of a customer: they are another one",
		Example: "  touchstone split G06H… --records shop/customers/7,shop/customers/9 --reason 'two sisters'",
		Args:    cobra.ExactArgs(1),
	}
	f.flags(c, true)
	c.Flags().StringSliceVar(&records, "records", nil, "the source records that are another customer, SYSTEM/STREAM/ID")
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(records) == 0 {
			return misuse(c, errors.New("say which records are another customer: --records SYSTEM/STREAM/ID,…"))
		}
		return a.decide(c, f, func(cl *client, into *golden.Effects) error {
			tags, err := cl.seen(c.Context(), args[0])
			if err != nil {
				return err
			}
			return cl.act(c.Context(), customerPath(args[0], "split"), tags, struct {
				api.ActBody
				api.Strength
				Records []string `json:"records"`
			}{f.ActBody, f.verdict(), records}, into)
		})
	}
	return c
}

func (a *app) moveCommand() *cobra.Command {
	f := &acting{}
	var to string
	c := &cobra.Command{
		Use:     "move SYSTEM/STREAM/ID --to GOLDEN-ID",
		Short:   "Take a source record from the customer that it is in, and put it into another",
		Example: "  touchstone move shop/customers/7 --to G06J… --reason 'the address is hers'",
		Args:    cobra.ExactArgs(1),
	}
	f.flags(c, true)
	c.Flags().StringVar(&to, "to", "", "the customer that it belongs to")
	c.RunE = func(c *cobra.Command, args []string) error {
		if to == "" {
			return misuse(c, errors.New("say where it belongs: --to GOLDEN-ID"))
		}
		return a.decide(c, f, func(cl *client, into *golden.Effects) error {
			tags, err := cl.seen(c.Context(), to)
			if err != nil {
				return err
			}
			return cl.act(c.Context(), customerPath(to, "move"), tags, struct {
				api.ActBody
				api.Strength
				Record string `json:"record"`
			}{f.ActBody, f.verdict(), args[0]}, into)
		})
	}
	return c
}

func (a *app) pinCommand() *cobra.Command {
	f := &acting{}
	c := &cobra.Command{
		Use:   "pin GOLDEN-ID ATTRIBUTE VALUE",
		Short: "State the value of an attribute of a customer, above every rule",
		Long: "State the value of an attribute of a customer, above every rule and for good. VALUE is JSON: a list stands with all its items, " +
			"null says that there is none. - reads it from standard input.",
		Example: "  touchstone pin G06H… language '\"fr\"' --reason 'asked on the phone'\n" +
			"  touchstone pin G06H… emails '[{\"value\": \"eva@post.example\"}]' --reason 'her letter of 3 May'",
		Args: cobra.ExactArgs(3),
	}
	f.flags(c, false)
	c.RunE = func(c *cobra.Command, args []string) error {
		value := []byte(args[2])
		if args[2] == "-" {
			var err error
			if value, err = io.ReadAll(c.InOrStdin()); err != nil {
				return fmt.Errorf("read the value: %w", err)
			}
		}
		if !json.Valid(value) {
			return misuse(c, fmt.Errorf("VALUE is %.60q; expected JSON, such as '\"fr\"' or null", value))
		}
		return a.pinning(c, f, args[0], "pin", struct {
			*api.ActBody
			Attribute string          `json:"attribute"`
			Value     json.RawMessage `json:"value"`
		}{&f.ActBody, args[1], value})
	}
	return c
}

func (a *app) unpinCommand() *cobra.Command {
	f := &acting{}
	c := &cobra.Command{
		Use:   "unpin GOLDEN-ID ATTRIBUTE",
		Short: "Let the rules choose the value of an attribute again",
		Args:  cobra.ExactArgs(2),
	}
	f.flags(c, false)
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.pinning(c, f, args[0], "unpin", struct {
			*api.ActBody
			Attribute string `json:"attribute"`
		}{&f.ActBody, args[1]})
	}
	return c
}

func (a *app) pinning(c *cobra.Command, f *acting, id, act string, body any) error {
	return a.decide(c, f, func(cl *client, into *golden.Effects) error {
		tags, err := cl.seen(c.Context(), id)
		if err != nil {
			return err
		}
		return cl.act(c.Context(), customerPath(id, act), tags, body, into)
	})
}
