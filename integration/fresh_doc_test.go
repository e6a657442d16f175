package integration

import (
	"os"
	"regexp"
	"testing"
)

// freshSentences are the sentences of docs/FRESHNESS.md, by their ids.
var freshSentences = map[string]func(*testing.T){
	"S-FRESH-11": TestFreshness,
	"S-FRESH-12": boundsAreIndependent,
	"S-FRESH-13": timeToComeIsReached,
	"S-FRESH-14": unchangedIsNotDecoded,
	"S-FRESH-15": reopeningKeepsPages,
	"S-FRESH-16": growthIsNeverZeros,
	"S-FRESH-17": timesNeverGoBack,
	"S-FRESH-18": directIOLooksAgain,
	"S-FRESH-19": refreshDropsBelow,
	"S-FRESH-20": hangupDropsAll,
	"S-FRESH-21": arrayMayGoAndCome,
	"S-FRESH-22": refreshUnderReaders,
}

// TestFreshSentences runs the sentences beside the table, which has tests of its
// own name.
func TestFreshSentences(t *testing.T) {
	for id, test := range freshSentences {
		if id != "S-FRESH-11" {
			t.Run(id, test)
		}
	}
}

// TestEveryFreshSentenceHasATest compares the document with the table above.
func TestEveryFreshSentenceHasATest(t *testing.T) {
	text, err := os.ReadFile("../docs/FRESHNESS.md")
	if err != nil {
		t.Fatal(err)
	}
	stated := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^- \*\*(S-[A-Z]+-[0-9]+)\*\* `).FindAllSubmatch(text, -1) {
		id := string(match[1])
		if stated[id] || freshSentences[id] == nil {
			t.Errorf("%s stands in the document twice, or has no test", id)
		}
		stated[id] = true
	}
	for id := range freshSentences {
		if !stated[id] {
			t.Errorf("%s is tested, but no sentence of docs/FRESHNESS.md", id)
		}
	}
}
