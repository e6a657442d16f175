package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

// serveName is the hidden subcommand that a parent starts as its child.
const serveName = "serve-in-background"

// outcome is what a child tells its parent on the status pipe: ready, or why it
// ends and with which exit status.
type outcome struct {
	Ready  bool   `json:"ready"`
	Error  string `json:"error,omitempty"`
	Status int    `json:"status"`
}

// statusFD is the child's end of the status pipe.
const statusFD = 3

// startBackground starts a child in a new session that carries out req, and
// returns when it is ready or has failed.
func startBackground(req *request) error {
	text, err := req.encode()
	if err != nil {
		return err
	}
	status, childEnd, err := os.Pipe()
	if err != nil {
		return err
	}
	defer status.Close()
	keepNothing()
	child := exec.Command("/proc/self/exe", serveName)
	child.Args[0] = os.Args[0]
	child.Stdin = bytes.NewReader(text)
	child.ExtraFiles = []*os.File{childEnd}
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = child.Start()
	childEnd.Close()
	if err != nil {
		return fmt.Errorf("cannot start in the background: %w", err)
	}
	// Who interrupts the parent means the mount.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		for s := range signals {
			_ = child.Process.Signal(s) // it may have ended
		}
	}()
	return awaitChild(status)
}

// keepNothing lets the child inherit no file that the command was started with:
// a daemon would hold somebody's lock or pipe for as long as it lives.
func keepNothing() {
	_ = unix.CloseRange(statusFD, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC) // kernels before 5.11 lack it
}

// awaitChild returns what the child says.
func awaitChild(status io.Reader) error {
	var o outcome
	switch err := json.NewDecoder(status).Decode(&o); {
	case err != nil:
		return errors.New("the background process ended before the mount was ready (--log-file or --foreground show more)")
	case o.Ready:
		return nil
	}
	return &statusError{errors.New(o.Error), o.Status}
}

// newServeCommand returns the child's side.
func newServeCommand() *cobra.Command {
	return &cobra.Command{
		Use: serveName, Hidden: true, Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			pipe := os.NewFile(statusFD, "status")
			d, err := serveBackground(cmd.Context())
			o := outcome{Ready: err == nil, Status: statusOf(err)}
			if err != nil {
				o.Error = oneLine(err.Error())
			}
			if err := errors.Join(json.NewEncoder(pipe).Encode(o), pipe.Close()); err != nil && d != nil {
				d.log.Warn("nobody waits for the mount to be ready", "err", err)
			}
			if err != nil {
				return err
			}
			return d.run()
		},
	}
}

// serveBackground mounts what the request on stdin says and cuts the ties to
// where the command was started.
func serveBackground(ctx context.Context) (*daemon, error) {
	syscall.CloseOnExec(statusFD)
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return nil, err
	}
	req, err := decodeRequest(text)
	if err != nil {
		return nil, fmt.Errorf("request on stdin: %w", err)
	}
	p, err := req.plan()
	if err != nil {
		return nil, err
	}
	if err := detachStdio(&p.daemon.Log); err != nil {
		return nil, err
	}
	d, err := newDaemon(ctx, p, p.daemon.Log.logger(os.Stderr))
	if err != nil {
		return nil, err
	}
	if err := os.Chdir("/"); err != nil {
		d.log.Warn("cannot leave the working directory", "err", err)
	}
	return d, nil
}

// detachStdio puts stdin on the null device, stdout and stderr on the log file
// or the null device too.
func detachStdio(log *logOptions) error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	out := null
	if log.File != "" {
		if out, err = log.open(); err != nil {
			return err
		}
	}
	for fd, f := range []*os.File{null, out, out} {
		if err := syscall.Dup3(int(f.Fd()), fd, 0); err != nil {
			return err
		}
	}
	return errors.Join(null.Close(), closeOther(out, null))
}

func closeOther(f, not *os.File) error {
	if f == not {
		return nil
	}
	return f.Close()
}
