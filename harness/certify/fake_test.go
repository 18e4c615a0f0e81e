//go:build unix

package certify

import (
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// The program of this test plays upstream's programs when this variable says how they go.
const fakeMode = "SEATRIAL_TEST_UPSTREAM"

const (
	modePass      = "pass"
	modeFail      = "fail"      // one test fails, one skips itself
	modeDie       = "die"       // ends after two tests without a report
	modeWait      = "wait"      // after two tests, waits for an interrupt and reports
	modeStubborn  = "stubborn"  // after two tests, waits and ignores interrupts, as a child does
	modePrepare   = "prepare"   // the preparation of the suite fails
	modeRefuse    = "refuse"    // refuses its flags
	modeChild     = "child"     // a process that ignores interrupts
	childFileName = "child.pid" // in the folder of the report
)

// fakeTests are the conformance tests of the fake.
func fakeTests() []string {
	return []string{
		"[sig-apps] Deployment should roll [Conformance]",
		"[sig-node] Pods should be killed [Serial] [Disruptive] [Conformance]",
		"[sig-node] Pods should run [Conformance]",
		"[sig-storage] Volumes should stay [Slow] [Conformance]",
	}
}

func TestMain(m *testing.M) {
	if mode := os.Getenv(fakeMode); mode != "" {
		os.Exit(fakeUpstream(mode, os.Args[1:]))
	}
	os.Exit(m.Run())
}

func fakeUpstream(mode string, args []string) int {
	switch {
	case mode == modeChild:
		signal.Ignore(os.Interrupt)
		select {}
	case args[0] == "-version":
		fmt.Println("v1.36.3")
		return 0
	case args[0] == "-list-conformance-tests":
		for _, name := range fakeTests() {
			fmt.Printf("- testname: A\n  codename: '%s'\n", name)
		}
		return 0
	}
	return fakeGinkgo(mode, args)
}

// fakeGinkgo runs the tests that --focus selects.
func fakeGinkgo(mode string, args []string) int {
	flags := map[string]string{}
	for _, arg := range args {
		if name, value, found := strings.Cut(arg, "="); found {
			flags[name] = value
		}
	}
	if mode == modeRefuse {
		fmt.Println("flag provided but not defined: -nonsense")
		return 1
	}
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	var selected []string
	for _, name := range fakeTests() {
		if regexp.MustCompile(flags["--focus"]).MatchString(name) {
			selected = append(selected, name)
		}
	}
	fmt.Printf("Will run %d of 7579 specs\nRunning in parallel across %s processes\n%s\n  kube-apiserver version: v1.36.3\n", len(selected), flags["--procs"], delimiter)
	j := &JUnit{}
	j.add([]Test{{Name: "[sig-x] not selected", State: Passed}})
	j.Suites[0].Cases[0].Skipped = &JUnitNote{Message: "skipped"}
	if mode == modePrepare {
		j.Suites[0].Cases = append(j.Suites[0].Cases, JUnitCase{Name: "[SynchronizedBeforeSuite]", Failure: &JUnitNote{Text: "[FAILED] no node is ready\n"}})
		return fakeReport(j, flags, 0)
	}
	for i, name := range selected {
		if i == 2 && mode != modePass && mode != modeFail {
			return fakeEnd(mode, name, j, flags, interrupts)
		}
		fakeTest(mode, i, name, j)
	}
	return fakeReport(j, flags, len(selected))
}

func fakeTest(mode string, i int, name string, j *JUnit) {
	t := Test{Name: name, State: Passed, Seconds: 1.5}
	word := ""
	switch {
	case mode == modeFail && i == 0:
		t.State, t.Why, word = Failed, "it does not roll", "[FAILED] "
	case mode == modeFail && i == 2:
		t.State, t.Why, word = Skipped, "2 nodes required", "[SKIPPED] "
	}
	fmt.Printf("%[1]s\n• %[2]s[1.500 seconds]\n%[3]s [labels]\na.go:1\n", delimiter, word, name)
	if word != "" {
		fmt.Printf("\n  %s%s\n", word, t.Why)
	}
	fmt.Println(delimiter)
	j.add([]Test{t})
}

// fakeEnd ends a run before its end.
func fakeEnd(mode, running string, j *JUnit, flags map[string]string, interrupts <-chan os.Signal) int {
	switch mode {
	case modeWait:
		<-interrupts
		fmt.Printf("%[1]s\n• [INTERRUPTED] [0.500 seconds]\n%[2]s [labels]\n\n  [INTERRUPTED] Interrupted by User\n%[1]s\n", delimiter, running)
		j.Suites[0].Cases = append(j.Suites[0].Cases, JUnitCase{
			Name: leaf + running, Status: "interrupted", Error: &JUnitNote{Type: "interrupted", Text: "[INTERRUPTED] Interrupted by User"},
		})
		return fakeReport(j, flags, 3)
	case modeStubborn:
		signal.Ignore(os.Interrupt)
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), fakeMode+"="+modeChild)
		child.Stdout = os.Stdout
		if err := child.Start(); err != nil {
			return 1
		}
		pid := filepath.Join(flags["--report-dir"], childFileName)
		if err := os.WriteFile(pid+".new", fmt.Append(nil, child.Process.Pid), 0o600); err != nil || os.Rename(pid+".new", pid) != nil {
			return 1
		}
		select {}
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

func fakeReport(j *JUnit, flags map[string]string, ran int) int {
	text, err := xml.Marshal(j)
	if err == nil {
		err = os.WriteFile(filepath.Join(flags["--report-dir"], junitName), text, 0o600)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Printf("\nRan %d of 7579 Specs in 6.000 seconds\n", ran)
	return 1
}
