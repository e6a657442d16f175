package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// order is what another command asks of a daemon.
type order struct {
	Do         string `json:"do"` // umount, refresh
	MountPoint string `json:"mountpoint"`
	Path       string `json:"path,omitempty"` // refresh: below the mount point
}

// answer is the daemon's reply. Lost is what could not be stored.
type answer struct {
	Error string   `json:"error,omitempty"`
	Lost  []string `json:"lost,omitempty"`
}

// controlServer is the socket on which a daemon takes orders. Who can open it is
// the user of the daemon or root.
type controlServer struct {
	listener *net.UnixListener
	daemon   *daemon
	busy     sync.WaitGroup // orders under way
}

// orderTime is how long a peer may take to send an order.
const orderTime = 5 * time.Second

// listenControl makes the control socket and serves it.
func listenControl(dir *stateDir, d *daemon) (*controlServer, error) {
	path := dir.socket(os.Getpid())
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err // left over by a process that had our id
	}
	short, done, err := shortPath(path)
	if err != nil {
		return nil, err
	}
	defer done()
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
	if err != nil {
		return nil, err
	}
	listener.SetUnlinkOnClose(false)
	if err := os.Chmod(path, 0o600); err != nil {
		listener.Close()
		return nil, err
	}
	c := &controlServer{listener: listener, daemon: d}
	go c.serve(d.log)
	return c, nil
}

// shortPath returns a name of path that fits into a socket address, valid until
// done is called.
func shortPath(path string) (short string, done func(), err error) {
	const most = 100
	if len(path) <= most {
		return path, func() {}, nil
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path)), func() { dir.Close() }, nil
}

func (c *controlServer) serve(log *slog.Logger) {
	for {
		conn, err := c.listener.Accept()
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				log.Error("control socket", "err", err)
			}
			return
		}
		c.busy.Go(func() {
			defer conn.Close()
			c.handle(conn)
		})
	}
}

func (c *controlServer) handle(conn net.Conn) {
	if conn.SetReadDeadline(time.Now().Add(orderTime)) != nil {
		return
	}
	var o order
	if json.NewDecoder(conn).Decode(&o) != nil {
		return // nobody there who could be told
	}
	reply, err := json.Marshal(c.carryOut(o))
	if err == nil {
		_, err = conn.Write(append(reply, '\n'))
	}
	if err != nil {
		c.daemon.log.Warn("control socket: the answer was not taken", "do", o.Do, "err", err)
	}
}

func (c *controlServer) carryOut(o order) answer {
	for _, m := range c.daemon.mounts {
		if m.Path() != o.MountPoint {
			continue
		}
		switch o.Do {
		case "umount":
			return answer{Lost: c.daemon.unmount(m)}
		case "refresh":
			m.Refresh(o.Path)
			return answer{}
		}
		return answer{Error: "unknown order " + o.Do}
	}
	return answer{Error: o.MountPoint + " is not a mount of this daemon"}
}

// close takes the socket away when the orders under way have been answered.
func (c *controlServer) close() {
	c.listener.Close()
	done := make(chan struct{})
	go func() {
		c.busy.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(orderTime):
	}
	if dir, err := ownStateDir(); err == nil {
		os.Remove(dir.socket(os.Getpid()))
	}
}

// send gives an order to the daemon behind the socket at path.
func (o order) send(path string) (answer, error) {
	var a answer
	short, done, err := shortPath(path)
	if err != nil {
		return a, err
	}
	defer done()
	conn, err := net.Dial("unix", short)
	if err != nil {
		return a, err
	}
	defer conn.Close()
	if err := json.NewEncoder(conn).Encode(o); err != nil {
		return a, err
	}
	if err := json.NewDecoder(conn).Decode(&a); err != nil {
		return a, fmt.Errorf("the daemon did not answer: %w", err)
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}
