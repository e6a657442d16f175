package fusefs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestOnlyTheWorkerNotifies reads this package: a notification that a request
// handler sends may wait for a lock that the kernel holds for that very request.
func TestOnlyTheWorkerNotifies(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	call := regexp.MustCompile(`\.(Notify[A-Z]\w*|InodeNotify\w*|EntryNotify|DeleteNotify|WriteCache|RmChild)\(`)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if call := call.Find(text); call != nil && name != "invalidate.go" && !strings.HasSuffix(name, "_test.go") {
			t.Errorf("%s calls %s: only the worker in invalidate.go notifies the kernel", name, call)
		}
	}
}
