package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A together is one daemon that serves the mounts of a config file.
type together struct {
	*mount
	ats []string // the mount points
}

// startTogether mounts specs under one context and waits until all are ready.
func startTogether(t *testing.T, context object, mounts ...object) *together {
	t.Helper()
	dir := folder(t, "together")
	d := &together{mount: &mount{t: t, log: dir + ".log", ended: make(chan struct{})}}
	for i, m := range mounts {
		at := filepath.Join(dir, fmt.Sprint(i))
		if err := os.Mkdir(at, 0o755); err != nil {
			t.Fatal(err)
		}
		m["mountpoint"] = at
		d.ats = append(d.ats, at)
	}
	d.at = d.ats[0]
	log, err := os.Create(d.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	d.cmd = command(t, "--config", specFile(t, object{"context": context, "mounts": mounts}), "-f")
	d.cmd.Stdout, d.cmd.Stderr = log, log
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		d.err = d.cmd.Wait()
		close(d.ended)
	}()
	watchdog := time.AfterFunc(mountLimit, func() {
		t.Errorf("the daemon lived longer than %v", mountLimit)
		_ = d.cmd.Process.Kill()
	})
	t.Cleanup(func() {
		watchdog.Stop()
		d.end()
	})
	d.awaitReady()
	return d
}

func (d *together) awaitReady() {
	d.t.Helper()
	for _, at := range d.ats {
		eventually(d.t, at+" is ready", func() bool {
			if d.hasEnded() {
				d.t.Fatalf("the program ended: %v\n%s", d.err, d.said())
			}
			_, err := os.ReadFile(filepath.Join(at, ".tsmount/ready"))
			return err == nil
		})
	}
}

// end asks the daemon to end, which takes all its mounts off.
func (d *together) end() {
	d.t.Helper()
	if !d.hasEnded() {
		_ = d.cmd.Process.Signal(syscall.SIGTERM) // it may have ended just now
	}
	if !d.wait() {
		d.t.Errorf("the program did not end after SIGTERM")
		_ = d.cmd.Process.Kill()
		d.wait()
	} else if d.err != nil {
		d.t.Errorf("the program ended with %v\n%s", d.err, d.said())
	}
	for _, at := range d.ats {
		if len(mountsBelow(at)) > 0 {
			d.t.Errorf("still mounted: %s", at)
			takeOff(at)
		}
	}
}

// in returns the path of a file in mount number i.
func (d *together) in(i int, name string) string { return filepath.Join(d.ats[i], name) }

// poolCounts are the counters of a cache_pool in stats.json.
type poolCounts struct {
	Limit     int64 `json:"total_bytes_limit"`
	Writeback int64 `json:"queued_for_writeback_bytes_limit"`
	Bytes     int64 `json:"bytes"`
	InUse     int64 `json:"bytes_in_use"`
	Entries   int64 `json:"entries"`
	Hits      int64 `json:"hits"`
	Misses    int64 `json:"misses"`
	Loads     int64 `json:"loads"`
	Missing   int64 `json:"missing"`
	Evictions int64 `json:"evictions"`
	Dirty     int64 `json:"dirty_bytes"`
}

// statistics is what stats.json tells of what is behind the files.
type statistics struct {
	Engine struct {
		Arrays       int64 `json:"open_arrays"`
		Decodes      int64 `json:"decodes"`
		DecodedBytes int64 `json:"decoded_bytes"`
		Stores       int64 `json:"stores"`
	} `json:"engine"`
	Resources map[string]json.RawMessage `json:"resources"`
}

// statsIn reads stats.json of the mount at a mount point.
func statsIn(t *testing.T, at string) (s statistics) {
	t.Helper()
	text := readFile(t, filepath.Join(at, ".tsmount/stats.json"))
	whole := struct{ Cache *statistics }{&s}
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	return s
}

// poolIn returns the counters of the cache_pool with a key.
func poolIn(t *testing.T, at, key string) (p poolCounts) {
	t.Helper()
	s := statsIn(t, at)
	if s.Resources[key] == nil {
		t.Fatalf("stats.json has no resource %q: %v", key, s.Resources)
	}
	if err := json.Unmarshal(s.Resources[key], &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// limitIn is a limit on concurrency in stats.json.
type limitIn struct {
	Limit   int `json:"limit"`
	InUse   int `json:"in_use"`
	Waiting int `json:"waiting"`
}

// limitOf returns the limit on concurrency with a key.
func limitOf(t *testing.T, at, key string) (l limitIn) {
	t.Helper()
	s := statsIn(t, at)
	if s.Resources[key] == nil {
		t.Fatalf("stats.json has no resource %q: %v", key, s.Resources)
	}
	if err := json.Unmarshal(s.Resources[key], &l); err != nil {
		t.Fatal(err)
	}
	return l
}

// refused runs tsmount check, which must end with a status, and returns what it
// says.
func refused(t *testing.T, status int, spec any) string {
	t.Helper()
	text, isText := spec.(string)
	if !isText {
		encoded, err := json.Marshal(spec)
		if err != nil {
			t.Fatal(err)
		}
		text = string(encoded)
	}
	got := tsmount(t, "check", text)
	if got.status != status {
		t.Errorf("check %s: got status %d, want %d: %s%s", text, got.status, status, got.stdout, got.stderr)
	}
	return got.stderr
}
