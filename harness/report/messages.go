package report

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"runtime"
	"time"

	messages "github.com/cucumber/messages/go/v21"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

// protocolVersion is that of the types; what is written is valid against later ones too.
const protocolVersion = "21.0.1"

// Messages writes the run as Cucumber Messages (https://github.com/cucumber/messages), one envelope in a line: every scenario with its
// attempts, and the evidence in the directory of the run as attachments. What could not be judged or is known to fail is SKIPPED with
// its reason, an error of the kit is FAILED, since Cucumber has no word for it. There are no hooks and no step definitions.
func Messages(w io.Writer, j *journal.Journal, dir string) error {
	m := &messenger{encoder: json.NewEncoder(w), journal: j, document: newDocument()}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("write Cucumber messages: %w", err)
	}
	defer root.Close()
	m.root = root
	m.write()
	if m.err != nil {
		return fmt.Errorf("write Cucumber messages: %w", m.err)
	}
	return nil
}

type messenger struct {
	*document
	encoder *json.Encoder
	journal *journal.Journal
	root    *os.Root
	err     error
}

func (m *messenger) send(e messages.Envelope) {
	if m.err == nil {
		m.err = m.encoder.Encode(e)
	}
}

func (m *messenger) write() {
	m.send(messages.Envelope{Meta: &messages.Meta{
		ProtocolVersion: protocolVersion, Implementation: &messages.Product{Name: "seatrial", Version: m.journal.Run.Kit},
		Runtime: &messages.Product{Name: "kubernetes", Version: m.journal.Run.Version},
		Os:      &messages.Product{Name: runtime.GOOS}, Cpu: &messages.Product{Name: runtime.GOARCH},
	}})
	m.send(messages.Envelope{TestRunStarted: &messages.TestRunStarted{Timestamp: timestamp(m.journal.Begin)}})
	all := entries(m.journal)
	for _, page := range byPage(all) {
		m.send(messages.Envelope{GherkinDocument: m.page(page)})
		for _, e := range page {
			m.send(messages.Envelope{Pickle: m.pickles[e.ID]})
		}
	}
	for _, e := range all {
		m.testCase(e)
	}
	judged, reason := outcome(m.journal)
	end := m.journal.Begin.Add(duration(seconds(m.journal)))
	m.send(messages.Envelope{TestRunFinished: &messages.TestRunFinished{Message: reason, Success: judged == verdict.Success, Timestamp: timestamp(end)}})
}

func (m *messenger) testCase(e entry) {
	pickle := m.pickles[e.ID]
	test := &messages.TestCase{Id: m.newID(), PickleId: pickle.Id, TestSteps: []*messages.TestStep{}}
	for _, step := range pickle.Steps {
		test.TestSteps = append(test.TestSteps, &messages.TestStep{Id: m.newID(), PickleStepId: step.Id, StepDefinitionIds: []string{}})
	}
	m.send(messages.Envelope{TestCase: test})
	attempts := m.journal.Attempts[e.ID]
	if len(attempts) == 0 {
		attempts = []journal.Attempt{{Begin: m.journal.Begin}}
	}
	for i, attempt := range attempts {
		m.attempt(e, test, attempt, i)
	}
}

// attempt sends one time that a scenario ran; the index counts from 0. The last attempt is that of the result.
func (m *messenger) attempt(e entry, test *messages.TestCase, attempt journal.Attempt, index int) {
	started := &messages.TestCaseStarted{Attempt: int64(index), Id: m.newID(), TestCaseId: test.Id, Timestamp: timestamp(attempt.Begin)}
	m.send(messages.Envelope{TestCaseStarted: started})
	again := index < len(m.journal.Attempts[e.ID])-1
	results, decisive := decide(e, attempt)
	if again {
		results, _, _ = stepResults(e, attempt)
	}
	now := attempt.Begin
	for i, result := range results {
		step := test.TestSteps[i].Id
		m.send(messages.Envelope{TestStepStarted: &messages.TestStepStarted{TestCaseStartedId: started.Id, TestStepId: step, Timestamp: timestamp(now)}})
		if i == decisive && !again {
			m.attach(e, started.Id, step)
		}
		now = now.Add(messages.DurationToGoDuration(*result.Duration))
		m.send(messages.Envelope{TestStepFinished: &messages.TestStepFinished{
			TestCaseStartedId: started.Id, TestStepId: step, TestStepResult: result, Timestamp: timestamp(now),
		}})
	}
	m.send(messages.Envelope{TestCaseFinished: &messages.TestCaseFinished{TestCaseStartedId: started.Id, Timestamp: timestamp(now), WillBeRetried: again}})
}

// stepResults gives every step a result, and says which one failed, or -1, and how many were begun.
func stepResults(e entry, attempt journal.Attempt) (results []*messages.TestStepResult, failed, begun int) {
	failed = -1
	for range e.Steps {
		results = append(results, &messages.TestStepResult{Duration: &messages.Duration{}, Status: messages.TestStepResultStatus_SKIPPED})
	}
	for _, step := range attempt.Steps {
		if step.Index < 0 || step.Index >= len(results) {
			continue
		}
		result := results[step.Index]
		*result.Duration = messages.GoDurationToDuration(duration(step.Seconds))
		result.Status, begun = messages.TestStepResultStatus_PASSED, step.Index+1
		if step.Error != "" {
			result.Status, result.Message, failed = messages.TestStepResultStatus_FAILED, clean(step.Error), step.Index
		}
	}
	return results, failed, begun
}

// decide makes the last attempt say what the result of the scenario is, at the step that ended it, or else the first that was not begun.
// It returns the index of that step, or -1 when all is well.
func decide(e entry, attempt journal.Attempt) ([]*messages.TestStepResult, int) {
	results, failed, begun := stepResults(e, attempt)
	if e.Standing == fine || len(results) == 0 {
		return results, failed
	}
	if failed < 0 {
		failed = min(begun, len(results)-1)
	}
	if at := e.Result.FailedStep; at >= 0 && at < len(results) {
		failed = at
	}
	last := results[failed]
	last.Status, last.Message = messages.TestStepResultStatus_SKIPPED, string(e.Result.Verdict)+": "+e.Result.Why
	switch e.Standing {
	case wrong, broken:
		last.Status = messages.TestStepResultStatus_FAILED // without an exception, beside which readers hide the message
	case surprise:
		last.Status, last.Message = messages.TestStepResultStatus_FAILED, e.why()
	case excused:
		last.Message = e.why()
	}
	if e.Result.Error != "" && e.Result.Error != e.Result.Why {
		last.Message += "\n" + e.Result.Error
	}
	last.Message = clean(last.Message)
	return results, failed
}

// attach sends the evidence. A file that is gone says nothing; a long one is cut, and its beginning tells where the rest is.
func (m *messenger) attach(e entry, started, step string) {
	const longest = 256 << 10
	for _, name := range e.Result.Evidence {
		text, err := m.root.ReadFile(name)
		if err != nil {
			continue
		}
		if len(text) > longest {
			text = append(text[:longest:longest], "\n... cut here; the whole file is "+name+"\n"...)
		}
		m.send(messages.Envelope{Attachment: &messages.Attachment{
			Body: base64.StdEncoding.EncodeToString(text), ContentEncoding: messages.AttachmentContentEncoding_BASE64, FileName: path.Base(name),
			MediaType: mediaType(name), TestCaseStartedId: started, TestStepId: step,
		}})
	}
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

func timestamp(t time.Time) *messages.Timestamp {
	stamp := messages.GoTimeToTimestamp(t)
	return &stamp
}
