package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"tsmount/cache"
	"tsmount/fusefs"
	"tsmount/fusefs/tree"
)

// daemon serves the mounts of one plan.
type daemon struct {
	plan    *plan
	log     *slog.Logger
	engine  *cache.Engine
	mounts  []*served
	state   *stateDir // nil: none could be made
	control *controlServer

	signals chan os.Signal
	hurry   chan struct{} // closed when ends must not wait any longer

	mu   sync.Mutex       // guards following
	lost []string         // what could not be stored
	told map[*served]bool // of which mounts
}

// served is one mount of a daemon.
type served struct {
	*fusefs.Server
	plan *mountPlan
	file string // of its state; "": none
}

// newDaemon mounts everything in p, or nothing. From its beginning on, no signal
// that asks for an end kills the process, which could leave a mount behind.
func newDaemon(ctx context.Context, p *plan, log *slog.Logger) (*daemon, error) {
	leanRuntime()
	d := &daemon{plan: p, log: log, signals: make(chan os.Signal, 4), hurry: make(chan struct{}), told: map[*served]bool{}}
	signal.Notify(d.signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	d.engine = cache.New(cache.Config{InUseLimit: p.daemon.InUse, Log: log})
	for _, m := range p.mounts {
		s, err := d.mount(ctx, m)
		if err != nil {
			d.end()
			d.close()
			return nil, err
		}
		d.mounts = append(d.mounts, s)
	}
	d.publish()
	return d, nil
}

func (d *daemon) mount(ctx context.Context, m *mountPlan) (*served, error) {
	if m.Demo {
		if err := fillDemo(ctx, d.plan, m); err != nil {
			return nil, err
		}
	}
	set, err := openDataset(ctx, d.engine, d.plan, m, nil)
	if err != nil {
		return nil, err
	}
	config, err := d.plan.config(m)
	if err != nil {
		return nil, err
	}
	server, err := fusefs.Mount(ctx, fusefs.Config{
		MountPoint: m.MountPoint, AllowOther: m.AllowOther, UID: m.UID, GID: m.GID, Umask: m.Umask,
		DrainTimeout: d.plan.daemon.Drain, Debug: d.plan.daemon.DebugFuse, Log: d.log,
		Tree: tree.Config{
			Source: set.source(), Formats: m.Formats, Writable: m.Writable, RecheckData: m.spec.RecheckData, RecheckMetadata: m.spec.RecheckMetadata,
			Spec: config, Stats: func() any { return d.stats(set) }, Log: d.log,
		},
	})
	if err != nil {
		return nil, err
	}
	d.log.Info("mounted", "mountpoint", server.Path(), "url", shownURL(m.spec))
	return &served{Server: server, plan: m}, nil
}

// publish makes the mounts known to other commands. That is a service: a daemon
// without it serves all the same.
func (d *daemon) publish() {
	state, err := ownStateDir()
	if err == nil {
		d.control, err = listenControl(state, d)
	}
	if err != nil {
		d.log.Warn("the mounts are not listed and have no control socket", "err", err)
		return
	}
	d.state = state
	for i, m := range d.mounts {
		if m.file, err = state.put(i, m); err != nil {
			d.log.Warn("the mount is not listed", "mountpoint", m.Path(), "err", err)
		}
	}
}

// run serves until all mounts have ended and returns what was lost.
func (d *daemon) run() error {
	defer d.close()
	ended := done(func() {
		for _, m := range d.mounts {
			d.lose(m, m.Lost())
		}
	})
	var ending <-chan struct{} // nil until the end begins
	hurry := sync.OnceFunc(func() { close(d.hurry) })
	for {
		select {
		case <-ended:
			return d.verdict()
		case <-ending:
			return d.verdict()
		case s := <-d.signals:
			switch {
			case s == syscall.SIGHUP:
				d.refresh()
			case ending == nil:
				ending = done(d.end)
			default:
				hurry()
			}
		}
	}
}

// done runs f and returns a channel that is closed when it has returned.
func done(f func()) <-chan struct{} {
	c := make(chan struct{})
	go func() {
		f()
		close(c)
	}()
	return c
}

// end unmounts everything.
func (d *daemon) end() {
	var wg sync.WaitGroup
	for _, m := range d.mounts {
		wg.Go(func() { d.unmount(m) })
	}
	wg.Wait()
}

// unmount ends one mount and returns what was lost.
func (d *daemon) unmount(m *served) []string {
	ctx, cancel := d.patience(m.StopDraining)
	defer cancel()
	err := m.Unmount(ctx)
	var lost []string
	switch {
	case errors.Is(err, fusefs.ErrBusy): // what was written is stored all the same
		d.log.Warn("unmounted while files were open", "mountpoint", m.Path())
		lost = m.Drain()
	case err != nil:
		lost = append(m.Drain(), err.Error())
	default:
		lost = m.Lost()
		d.log.Info("unmounted", "mountpoint", m.Path())
	}
	d.forget(m)
	d.lose(m, lost)
	return lost
}

// drainAll stores what was written to arrays that no mount has open any more.
// Who has waited for the others in vain need not wait as long again.
func (d *daemon) drainAll() {
	ctx, cancel := d.patience(func() {})
	defer cancel()
	d.mu.Lock()
	if len(d.lost) > 0 {
		ctx, cancel = context.WithTimeout(ctx, time.Second)
		defer cancel()
	}
	d.mu.Unlock()
	lost := d.engine.Drain(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, line := range lost {
		if !slices.Contains(d.lost, line) {
			d.lost = append(d.lost, line)
		}
	}
}

// patience returns a context that ends after --drain-timeout, or when the daemon
// is told to hurry; then it calls f, too.
func (d *daemon) patience(f func()) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.Background(), max(d.plan.daemon.Drain, time.Second))
	over := make(chan struct{})
	go func() {
		select {
		case <-d.hurry:
			cancel()
			f()
		case <-over:
		}
	}()
	return ctx, sync.OnceFunc(func() {
		close(over)
		cancel()
	})
}

// lose notes what could not be stored of a mount, once.
func (d *daemon) lose(m *served, lost []string) {
	if len(lost) == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.told[m] {
		d.told[m] = true
		d.lost = append(d.lost, lost...)
	}
}

func (d *daemon) forget(m *served) {
	if m.file != "" {
		os.Remove(m.file)
	}
}

// refresh drops what is cached in all mounts.
func (d *daemon) refresh() {
	for _, m := range d.mounts {
		m.Refresh("")
	}
	d.log.Info("refreshed")
}

// verdict returns what was lost as an error, or nil.
func (d *daemon) verdict() error {
	d.drainAll()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.lost) == 0 {
		return nil
	}
	return fmt.Errorf("%s", strings.Join(d.lost, "; "))
}

// close takes away what other commands know of the daemon, and ends the engine.
func (d *daemon) close() {
	for _, m := range d.mounts {
		d.forget(m)
	}
	if d.control != nil {
		d.control.close()
	}
	d.engine.Close()
}
