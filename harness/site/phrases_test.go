package site

import (
	"testing"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
)

func TestThePhraseBookCountsBehavioursNotLines(t *testing.T) {
	page, err := spec.Parse("a/b.feature", []byte(`Feature: F
  Rule: R
    @id:a.b.one
    Scenario: One
      Given an empty Namespace
      And a ConfigMap "a"
      And a ConfigMap "b"
      When I delete ConfigMap "a"
      Then ConfigMap "a" is gone
    @id:a.b.two
    Scenario: Two
      Given a ConfigMap "a"
      When I delete ConfigMap "a"
      Then ConfigMap "a" is gone
`))
	if err != nil {
		t.Fatal(err)
	}
	uses := map[string]int{}
	for _, group := range newBook(&journal.Journal{Pages: []spec.Feature{page}}, nil).phrases().Groups {
		if len(group.Phrases) == 0 {
			t.Errorf("%s is empty", group.Name)
		}
		for _, each := range group.Phrases {
			uses[each.Sentence] = each.Uses
			if each.Uses != len(each.Examples) {
				t.Errorf("%s: %d uses, %d examples", each.Sentence, each.Uses, len(each.Examples))
			}
		}
	}
	for sentence, want := range map[string]int{
		"an empty Namespace": 1, "{article} {kind} {name}": 2, "I {try?}delete {kind} {name}": 2, "I act as nobody": 0,
	} {
		if got, ok := uses[sentence]; !ok || got != want {
			t.Errorf("%s: %d uses (known: %v), want %d", sentence, got, ok, want)
		}
	}
}
