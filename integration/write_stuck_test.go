package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// holdLock takes the lock of a chunk, as another writer of the store has it while
// it writes. It returns what gives it back.
func holdLock(t testing.TB, a *target, cell ...int64) (release func()) {
	t.Helper()
	f, err := os.OpenFile(a.key(cell)+".__lock", os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	whole := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &whole); err != nil {
		t.Fatal(err)
	}
	return func() {
		os.Remove(f.Name())
		f.Close()
	}
}

// ddInto starts a program that writes data to array.raw and fsyncs it.
func ddInto(t testing.TB, m *mount, data []byte) *exec.Cmd {
	t.Helper()
	from := filepath.Join(folder(t, "dd"), "data")
	if err := os.WriteFile(from, data, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("dd", "if="+from, "of="+m.path("array.raw"), "bs=64k", "conv=notrunc,fsync", "status=none")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// awaitFsync waits until ddInto's program fsyncs. It closes a descriptor of the
// file, too, before it writes.
func awaitFsync(t testing.TB, m *mount) {
	t.Helper()
	eventually(t, "it fsyncs", func() bool { return counter(t, m, "requests", "write") > 0 && counter(t, m, "requests", "flush") > 1 })
}

// expectEnds expects that a program ends soon.
func expectEnds(t testing.TB, what string, cmd *exec.Cmd) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatalf("%s does not end", what)
	}
}

// TestWaitingForTheStoreDisturbsNobody lets fsync wait for a lock that somebody
// else holds: the waiting program can be killed, everybody else goes on, and all
// is stored when the lock is free.
func TestWaitingForTheStoreDisturbsNobody(t *testing.T) {
	a := smallTarget(t, "zarr")
	m := writable(t, a.spec())
	release := holdLock(t, a, 1, 1, 1)
	copy(a.data, noise(1, len(a.data)))
	writer := ddInto(t, m, a.data)
	awaitFsync(t, m)
	expect(t, "the array meanwhile", readFile(t, m.path("array.raw")), a.data)
	f := m.openFlags("slices/0/4.raw", os.O_RDWR) // of the chunk that waits
	put(t, f, noise(2, 240), 0)
	copy(a.data[4*240:], noise(2, 240))
	expect(t, "what is written meanwhile", readFile(t, m.path("array.npy"))[128:], a.data)
	if err := writer.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	expectEnds(t, "a program that was killed in fsync", writer)
	release()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	expect(t, "what is stored", readFile(t, start(t, a.spec()).path("array.raw")), a.data)
}

// TestWritersThatWaitCanBeKilled lets write(2) wait, because too much is queued
// for a store that does not answer.
func TestWritersThatWaitCanBeKilled(t *testing.T) {
	const rows, row = 16, 64 << 10
	a := makeTarget(t, "zarr", []int64{rows, row / 2}, []int64{1, row / 2}, 0)
	m := writable(t, a.spec(object{"context": object{"cache_pool": object{"total_bytes_limit": 0, "queued_for_writeback_bytes_limit": 0}}}))
	var held []func()
	for i := range int64(rows) {
		held = append(held, holdLock(t, a, i, 0))
	}
	data := noise(3, rows*row)
	writer := ddInto(t, m, data)
	written := func() float64 { return counter(t, m, "requests", "write") }
	last := -1.0
	eventually(t, "it waits", func() bool {
		time.Sleep(100 * time.Millisecond)
		before := last
		last = written()
		return last > 0 && last == before
	})
	if last == rows {
		t.Error("all was taken although nothing can be stored")
	}
	if err := writer.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	expectEnds(t, "a program that was killed in write", writer)
	for _, release := range held {
		release()
	}
	m.putFile("array.raw", data, 0)
	expect(t, "what is stored", readFile(t, start(t, a.spec()).path("array.raw")), data)
}

// TestTheEndDoesNotWaitForever ends a mount while a chunk cannot be stored
// because its lock is held: it gives up after --drain-timeout and names the chunk.
func TestTheEndDoesNotWaitForever(t *testing.T) {
	a := smallTarget(t, "zarr")
	m := writable(t, a.spec(), "--drain-timeout", "1s")
	release := holdLock(t, a, 1, 1, 1)
	defer release()
	writer := ddInto(t, m, noise(4, len(a.data)))
	awaitFsync(t, m)
	if err := m.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if !m.wait() {
		t.Fatal("the program did not end")
	}
	expectEnds(t, "the writer", writer)
	if status := m.cmd.ProcessState.ExitCode(); status != 1 || !strings.Contains(m.said(), a.key([]int64{1, 1, 1})+": ") {
		t.Errorf("status %d, want 1 and the name of the chunk:\n%s", status, m.said())
	}
	expect(t, "another chunk", readFile(t, start(t, a.spec()).path("chunks/0.0.0.raw"))[:2], noise(4, 2))
}
