package kvstoretest

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"tsmount/kvstore"
)

// oddKeys are keys that have led some store to another key, or nowhere.
var oddKeys = []string{
	"a", "A", "a b", " a", "a ", "a.b", "a-b", "a0", "a/b", "a/B", "a//b", "a/", "/a", "/", "//", "a/b/", "b", "b/c/d",
	".", "..", "./x", "../x", "x/..", "x/.", "x/../y", "x/./y", "...", "..x", "x..", ".x", "x.",
	"%41", "%2F", "%2e%2e", "a%", "a%zz", "a%00b", "a+b", "a&b=c;d,e", "a?b", "a#b", "a:b", "a@b", "a|b", "a\\b", "a\\..\\b",
	"quote\"", "back`tick", "dollar$x", "star*", "[a]", "{a}", "<a>", "~", "~/x", "^", "!", "'",
	"ä", "a\u0308", "日本/語", "😀", "\u202Ertl", "\u00a0", "line\nfeed", "tab\t", "nul\x00byte", "del\x7f", "\x01",
	"bad\xffutf8", "\xc0\xae", "CON", "nul", "aux.txt", "name.__locks", "name.lock", "name.tmp", "name~",
	"long/" + "n/" + strings.Repeat("y/", 100) + "z",
}

// longKeys have names at the limits of file systems.
func longKeys() (keys []string) {
	for _, n := range []int{200, 247, 248, 249, 255, 256, 1000} {
		keys = append(keys, "long/"+strings.Repeat("x", n))
	}
	return append(keys, "long/"+strings.Repeat("ä", 100), "long/"+strings.Repeat("ä", 128))
}

// testKeys: a key either holds its value, and no other key does, or is refused as
// fs.ErrInvalid, and then never has a value.
func testKeys(t *testing.T, h *Harness) {
	s := h.Open(t)
	emptyKey(t, s)
	ctx := context.Background()
	var taken []string
	for _, key := range append(longKeys(), oddKeys...) {
		if res, err := s.Read(ctx, key, kvstore.ReadOptions{}); err == nil && res.State != kvstore.Missing {
			t.Errorf("%s is there before it is written: it is another name of a key", short(key))
		} else if err != nil && !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("Read(%q): got error %v, want ErrInvalid", key, err)
		}
		switch _, err := s.Write(ctx, key, []byte("value of "+key), kvstore.WriteOptions{}); {
		case err == nil:
			taken = append(taken, key)
		case !errors.Is(err, fs.ErrInvalid):
			t.Errorf("Write(%q): got error %v, want ErrInvalid", key, err)
		default:
			if res, err := s.Read(ctx, key, kvstore.ReadOptions{}); err == nil && res.State != kvstore.Missing {
				t.Errorf("%q was refused but has a value", key)
			}
		}
	}
	if len(taken) < len(oddKeys)/2 {
		t.Errorf("only %d of %d keys were accepted", len(taken), len(oddKeys))
	}
	checkTaken(t, h, taken)
	for _, key := range taken {
		if _, err := s.Delete(ctx, key, kvstore.WriteOptions{}); err != nil {
			t.Errorf("Delete(%q): %v", key, err)
		}
		wantMissing(t, s, key)
	}
}

func checkTaken(t *testing.T, h *Harness, taken []string) {
	s := h.Open(t)
	for _, key := range taken {
		wantValue(t, s, key, "value of "+key)
		if h.RawGet != nil {
			if raw, ok := h.RawGet(t, key); !ok || string(raw) != "value of "+key {
				t.Errorf("past the store %q holds %q, %v", key, raw, ok)
			}
		}
	}
	if h.Features.List {
		want := slices.Sorted(slices.Values(taken))
		if got := entries(t, s, kvstore.ListOptions{}); !slices.Equal(got, want) {
			t.Errorf("List: got %d keys, want %d; the first that differs: %s", len(got), len(want), firstDiff(got, want))
		}
	}
}

// firstDiff shows where two listings part.
func firstDiff(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return "got " + short(got[i]) + ", want " + short(want[i])
		}
	}
	return "one is longer"
}

// emptyKey: keys are not empty, through no method.
func emptyKey(t *testing.T, s kvstore.Store) {
	ctx := context.Background()
	_, err := s.Read(ctx, "", kvstore.ReadOptions{})
	_, err2 := s.Write(ctx, "", []byte("x"), kvstore.WriteOptions{})
	_, err3 := s.Delete(ctx, "", kvstore.WriteOptions{})
	for i, err := range []error{err, err2, err3} {
		if !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("the empty key, method %d: got error %v, want ErrInvalid", i, err)
		}
	}
}
