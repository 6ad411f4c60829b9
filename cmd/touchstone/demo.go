package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/touchstone-hub/touchstone/examples/company"
	"github.com/touchstone-hub/touchstone/hub"
)

// demo runs the example company's hub against stand-ins for its systems.
type demo struct {
	app       *app
	folder    string
	seed      uint64
	customers int
	hold      bool
	noHold    bool

	temporary bool // nobody asked for the folder to be kept
	company   *company.Company
	hub       *client
	ended     chan error // what the hub's Run returned
	tell      *teller
	began     time.Time
}

func (a *app) demoCommand() *cobra.Command {
	d := &demo{app: a}
	c := &cobra.Command{
		Use:   "demo",
		Short: "Run an example company: five systems, two trading partners, one hub, a phone number that travels",
		Long: "Run an example company: stand-ins for an ERP, a web shop, supply chain management, a call center, a newsletter tool and two trading partners as real servers " +
			"and files on this machine, and a hub that keeps them in step, by the same folder of YAML that a user would write.",
		RunE: func(c *cobra.Command, _ []string) error { return d.run(c) },
	}
	c.Flags().StringVar(&d.folder, "folder", "", "where to put the hub folder and the systems' files; a folder for temporary files where absent")
	c.Flags().Uint64Var(&d.seed, "seed", 1, "decides on everything random: equal seeds make equal companies")
	c.Flags().IntVar(&d.customers, "customers", 300, "how many real customers the company has")
	c.Flags().BoolVar(&d.hold, "hold", false, "stay up until Ctrl-C, as on a terminal")
	c.Flags().BoolVar(&d.noHold, "no-hold", false, "end when all was shown, even on a terminal")
	c.MarkFlagsMutuallyExclusive("hold", "no-hold")
	return c
}

// run is the whole demo. It fails where a result is not what it has to be.
func (d *demo) run(c *cobra.Command) (err error) {
	ctx, cancel := context.WithCancelCause(c.Context())
	defer cancel(nil)
	d.began, d.tell = time.Now(), newTeller(c.ErrOrStderr())
	if err := d.place(); err != nil {
		return err
	}
	defer func() { err = d.tidy(err) }()
	if err := d.startSystems(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.company.Close()) }()
	if err := d.startHub(ctx, cancel, c); err != nil {
		return err
	}
	defer func() {
		cancel(nil)
		err = errors.Join(err, d.hub.close(), <-d.ended)
	}()
	result, err := d.show(ctx)
	if err != nil {
		return err
	}
	if err := d.app.print(c, result, func(w io.Writer) error { return printDemo(w, result) }); err != nil {
		return err
	}
	if err := result.err(); err != nil {
		return err
	}
	d.stay(ctx, c)
	return nil
}

// show waits until everything is where it belongs, reads it back, then changes a number and
// follows it.
func (d *demo) show(ctx context.Context) (*demoResult, error) {
	if err := d.settle(ctx); err != nil {
		return nil, err
	}
	d.tell.step("all systems are in step")
	result := &demoResult{Folder: filepath.Join(d.folder, "acme"), Temporary: d.temporary, API: "http://" + d.company.API()}
	if err := d.count(ctx, result); err != nil {
		return nil, err
	}
	if err := d.view(ctx, result); err != nil {
		return nil, err
	}
	if err := d.follow(ctx, result); err != nil {
		return nil, err
	}
	d.tell.step("a phone number has travelled, and nothing came back")
	result.Seconds = time.Since(d.began).Seconds()
	return result, nil
}

// place makes the folders. The hub folder is unpacked from the program.
func (d *demo) place() (err error) {
	if d.folder == "" {
		if d.folder, err = os.MkdirTemp("", "touchstone-demo-"); err != nil {
			return err
		}
		d.temporary = true
	}
	_, err = unpack("acme", filepath.Join(d.folder, "acme"))
	return err
}

// tidy removes a folder that nobody asked for, unless it tells why the demo failed.
func (d *demo) tidy(err error) error {
	switch {
	case err == nil && d.temporary:
		return os.RemoveAll(d.folder)
	case err != nil && d.temporary:
		return fmt.Errorf("%w; the hub's log is %s", err, filepath.Join(d.folder, "hub.log"))
	}
	return err
}

func (d *demo) startSystems(ctx context.Context) (err error) {
	d.company, err = company.Start(ctx, company.Config{
		Folder: filepath.Join(d.folder, "systems"), Seed: d.seed, Customers: d.customers,
		API: freeAddress(ctx, "127.0.0.1:8080"), Intake: freeAddress(ctx, "127.0.0.1:8081"),
	})
	if err != nil {
		return fmt.Errorf("start the example company: %w", err)
	}
	d.tell.step(fmt.Sprintf("the company's systems are up, with records of %d people and organisations", len(d.company.Customers)))
	return nil
}

// startHub does what `touchstone run` does, with the systems' addresses as its environment. Where
// the hub ends by itself, nothing else has to be waited for.
func (d *demo) startHub(ctx context.Context, cancel context.CancelCauseFunc, c *cobra.Command) error {
	root := filepath.Join(d.folder, "acme")
	folder, problems := hub.Load(root, d.company.Lookup)
	printProblems(c.ErrOrStderr(), problems)
	if folder == nil {
		return errReported
	}
	logFile, err := os.Create(filepath.Join(d.folder, "hub.log"))
	if err != nil {
		return err
	}
	d.ended = make(chan error, 1)
	go func() {
		log := logger(logFile, "text", 0)
		slog.SetDefault(log) // what libraries log must not run into what is shown
		err := runHub(ctx, folder, log)
		d.ended <- errors.Join(err, logFile.Close())
		cancel(errors.New("the hub ended"))
	}()
	for range every(ctx, 20*time.Millisecond) {
		if d.hub = socketClient(folder.SocketPath()); d.hub != nil {
			d.tell.step("the hub is up")
			return nil
		}
	}
	return errors.Join(context.Cause(ctx), <-d.ended)
}

// stay keeps everything up until Ctrl-C, where somebody watches.
func (d *demo) stay(ctx context.Context, c *cobra.Command) {
	if d.noHold || !d.hold && !terminal(c.OutOrStdout()) {
		return
	}
	fmt.Fprintln(c.ErrOrStderr(), "\nCtrl-C ends")
	<-ctx.Done() // or the hub ended: then its error is what run returns
}
