package fusefs

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tsmount/cache"
	"tsmount/drivers"
	"tsmount/drivers/zarr"
	"tsmount/fusefs/tree"
	"tsmount/internal/strictjson"
	"tsmount/kvstore"
	"tsmount/kvstore/faulty"
	"tsmount/kvstore/memory"
	"tsmount/resources"
)

// The process that serves a mount must not touch it, and a reader of a mount
// that does not answer cannot be killed. So the test binary runs itself as the
// server, and again as the reader where it may get stuck, and ends the mount's
// connection when a test takes too long.

const (
	serveVar  = "FUSEFS_TEST_SERVE"  // mount point: this process is a server
	boundVar  = "FUSEFS_TEST_BOUND"  // JSON of the server's bounds
	readerVar = "FUSEFS_TEST_READER" // path: this process reads a file once
	testLimit = 3 * time.Minute
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(serveVar) != "":
		if err := serve(os.Getenv(serveVar)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case os.Getenv(readerVar) != "":
		readOnce(os.Getenv(readerVar))
	default:
		os.Exit(m.Run())
	}
}

// serve mounts a few arrays in memory: small (3 x 4), flat (empty, with 10^10
// rows), slow (each chunk takes a second), stuck (its chunks never come) and
// bad (its one chunk is cut).
func serve(path string) error {
	bound := drivers.Recheck{}
	if text := os.Getenv(boundVar); text != "" {
		v, err := strictjson.Parse([]byte(text), boundVar)
		if err == nil {
			bound, err = drivers.ParseRecheck(v)
		}
		if err != nil {
			return err
		}
	}
	source, err := testSource()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	s, err := Mount(context.Background(), Config{
		MountPoint: path, Umask: 0o022, Log: log,
		Tree: tree.Config{Source: source, Formats: []string{"raw"}, RecheckData: bound, RecheckMetadata: bound},
	})
	if err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM) // before anybody can send one
	fmt.Println("ready")
	select {
	case <-s.Ended():
		return nil
	case <-stop:
	}
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	return s.Unmount(ctx)
}

func testSource() (tree.Source, error) {
	base := memory.New()
	store := faulty.New(base,
		faulty.Rule{Methods: faulty.Read, Key: "slow/0*", Delay: time.Second},
		faulty.Rule{Methods: faulty.Read, Key: "stuck/0*", Gate: make(chan struct{})})
	put := func(key, value string) {
		if _, err := base.Write(context.Background(), key, []byte(value), kvstore.WriteOptions{}); err != nil {
			panic(err)
		}
	}
	for name, shape := range map[string]string{"small": "[3, 4]", "flat": "[10000000000, 2]", "slow": "[3, 4]", "stuck": "[3, 4]", "bad": "[3, 4]"} {
		put(name+"/.zarray", `{"zarr_format": 2, "shape": `+shape+`, "chunks": [3, 4], "dtype": "<u2", "order": "C",
			"compressor": null, "filters": null, "fill_value": 0}`)
		put(name+"/0.0", "too short for a chunk")
	}
	var chunk []byte
	for i := range 12 {
		chunk = binary.LittleEndian.AppendUint16(chunk, uint16(i))
	}
	for _, name := range []string{"small", "slow", "stuck"} {
		put(name+"/0.0", string(chunk))
	}

	kinds := resources.NewKinds(append(resources.Standard(), cache.PoolKind())...)
	rc := resources.Root(kinds, nil)
	pool, err := resources.Get[*cache.Pool](rc, resources.DefaultMember(cache.PoolName))
	if err != nil {
		return nil, err
	}
	copies, err := resources.Get[*resources.Limiter](rc, resources.DefaultMember(resources.DataCopyConcurrency))
	if err != nil {
		return nil, err
	}
	engine := cache.New(cache.Config{})
	return tree.Hierarchy(tree.HierarchyConfig{
		Formats: []drivers.Format{zarr.Format{}}, Store: store,
		Open: func(ctx context.Context, m tree.Member, bound time.Time) (*tree.Opened, error) {
			a, err := engine.Open(ctx, cache.OpenRequest{
				Format: m.Format, Want: drivers.Constraints{Rank: -1}, Store: store, Path: m.Path,
				Pool: pool, DataCopy: copies, Mode: cache.OpenMode{Open: true}, Bound: bound,
			})
			if err != nil {
				return nil, err
			}
			return &tree.Opened{Array: a, Store: kvstore.Prefixed(store, m.Path), Driver: "zarr", URL: "memory://" + m.Path}, nil
		},
	}), nil
}

// readOnce reads a file with one pread(2), during which it is to get a signal
// that it handles, and prints what came of it.
func readOnce(path string) {
	signals := make(chan os.Signal, 100)
	signal.Notify(signals, syscall.SIGUSR1)
	fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
	if err != nil {
		fmt.Println("open:", err)
		return
	}
	fmt.Println("reading")
	n, err := syscall.Pread(fd, make([]byte, 100), 0)
	select {
	case <-signals:
		fmt.Println("read", n, err, "after a signal")
	case <-time.After(10 * time.Second):
		fmt.Println("read", n, err, "and no signal came")
	}
}

// server is a mount in another process.
type server struct {
	*exec.Cmd
	path string
}

// startServer mounts the test arrays with the given bounds, as JSON.
func startServer(t *testing.T, bound string) *server {
	t.Helper()
	if _, err := os.Stat("/dev/fuse"); err != nil {
		t.Skip("there is no /dev/fuse")
	}
	return startServerAt(t, t.TempDir(), bound)
}

func startServerAt(t *testing.T, path, bound string) *server {
	t.Helper()
	s := &server{exec.Command(os.Args[0]), path}
	s.Env = append(os.Environ(), serveVar+"="+path, boundVar+"="+bound)
	s.Stderr = os.Stderr
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	abort := sync.OnceFunc(s.abort)
	watchdog := time.AfterFunc(testLimit, abort)
	t.Cleanup(func() {
		watchdog.Stop()
		abort()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the server said %q (%v)", line, err)
	}
	return s
}

// abort ends the connection first: until then, a reader of the mount may be
// beyond SIGKILL.
func (s *server) abort() {
	if m, err := mountAt(s.path); err == nil && m != nil && m.fsType == fsType {
		_, minor, _ := strings.Cut(m.device, ":")
		_ = os.WriteFile("/sys/fs/fuse/connections/"+minor+"/abort", []byte("1"), 0) // else the kill does it
	}
	_ = s.Process.Kill()
	_ = s.Wait()
	for {
		if m, err := mountAt(s.path); err != nil || m == nil || detach(s.path) != nil {
			return
		}
	}
}
