package main

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// The map must name every folder, and nothing that is not there.
func TestMapNamesEveryFolder(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, match := range regexp.MustCompile(`(?m)^\| \[\w+\]\((\w+)\) \|`).FindAllStringSubmatch(string(text), -1) {
		named = append(named, match[1])
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, entry := range entries {
		if entry.IsDir() {
			folders = append(folders, entry.Name())
		}
	}
	slices.Sort(named)
	if !slices.Equal(named, folders) {
		t.Errorf("the map names %v\nthe folders are %v", named, folders)
	}
}
