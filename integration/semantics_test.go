package integration

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// sentences are the sentences of docs/SEMANTICS.md, by their ids. Each stands in
// the file of its section.
var sentences = map[string]func(*testing.T){
	"S-TREE-1": arrayIsADirectory,
	"S-TREE-2": slicesAreFiles,
	"S-TREE-3": chunksAreFiles,
	"S-TREE-4": cutoutsByName,
	"S-TREE-5": cutoutsAreDirectories,
	"S-TREE-6": onePathPerFile,
	"S-TREE-7": attributesDescribe,
	"S-TREE-8": storedKeysAreThere,
	"S-TREE-9": groupsAreDirectories,

	"S-SIZE-1": sizesAreExact,
	"S-SIZE-2": statReadsNoChunk,
	"S-SIZE-3": blocksCountBytes,

	"S-READ-1":  readsAreComplete,
	"S-READ-2":  allFilesShowTheSame,
	"S-READ-3":  npyHeaderIsNumPys,
	"S-READ-4":  rawIsPayload,
	"S-READ-5":  missingIsFill,
	"S-READ-6":  unreadableIsAnError,
	"S-READ-7":  manyReaders,
	"S-READ-8":  mappingsShowTheSame,
	"S-READ-9":  eachChunkIsDecodedOnce,
	"S-READ-10": onePoolForAllFiles,
	"S-READ-11": handledSignalsDoNotShow,
	"S-READ-12": fatalSignalsEndReaders,

	"S-RO-1": nothingCanBeChanged,
	"S-RO-2": removingRemovesNothing,
	"S-RO-3": nothingIsStored,

	"S-WRITE-1":  anyBytesAnywhere,
	"S-WRITE-2":  headersAreJudged,
	"S-WRITE-3":  sizesAreFixed,
	"S-WRITE-4":  boolsAreChecked,
	"S-WRITE-5":  truncationIsSeenByAll,
	"S-WRITE-6":  truncationDeletes,
	"S-WRITE-7":  gapsAreLogged,
	"S-WRITE-8":  ownWritesAreSeen,
	"S-WRITE-9":  mappingsCanBeWritten,
	"S-WRITE-10": spaceIsReserved,
	"S-WRITE-11": namesCannotChange,
	"S-WRITE-12": openingRefuses,
	"S-WRITE-13": storedIsDurable,
	"S-WRITE-14": chunksAreOldOrNew,
	"S-WRITE-15": fillIsDeleted,
	"S-WRITE-16": bordersKeepWhatLiesBeyond,
	"S-WRITE-17": writersOfOneChunk,
	"S-WRITE-18": whatCannotBeStoredStays,
	"S-WRITE-19": fullStoresAreErrors,
	"S-WRITE-20": unmountsStore,
	"S-WRITE-21": openFilesAreStored,
	"S-WRITE-22": goneArraysAreStale,

	"S-FRESH-1": trueSeesEveryChange,
	"S-FRESH-2": openSeesWhatWasStoredBefore,
	"S-FRESH-3": falseNeverLooksAgain,
	"S-FRESH-4": timeLooksOnce,
	"S-FRESH-5": growingArraysGrow,
	"S-FRESH-6": otherArraysAreStale,

	"S-HTTP-1": arraysAreReadOverHTTP,
	"S-HTTP-2": unchangedIsNotSentAgain,
	"S-HTTP-3": refusalsAreErrors,
	"S-HTTP-4": requestsAreLimited,
	"S-HTTP-5": namesResolveWithoutListings,

	"S-MOUNT-1": readyMeansMounted,
	"S-MOUNT-2": badSpecsAreOneLine,
	"S-MOUNT-3": mountPointsMustBeEmpty,
	"S-MOUNT-4": termUnmounts,
	"S-MOUNT-5": deadMountsAreCleaned,
	"S-MOUNT-6": secretsStayInside,
}

func TestSemantics(t *testing.T) {
	for id, test := range sentences {
		t.Run(id, test)
	}
}

// TestEverySentenceHasATest compares the document with the table above.
func TestEverySentenceHasATest(t *testing.T) {
	text, err := os.ReadFile("../docs/SEMANTICS.md")
	if err != nil {
		t.Fatal(err)
	}
	var stated []string
	for _, match := range regexp.MustCompile(`(?m)^- \*\*(S-[A-Z]+-[0-9]+)\*\* `).FindAllSubmatch(text, -1) {
		id := string(match[1])
		if slices.Contains(stated, id) {
			t.Errorf("%s stands in the document twice", id)
		}
		if sentences[id] == nil {
			t.Errorf("%s has no test", id)
		}
		stated = append(stated, id)
	}
	for id := range sentences {
		if !slices.Contains(stated, id) {
			t.Errorf("%s is tested, but no sentence of docs/SEMANTICS.md", id)
		}
	}
}
