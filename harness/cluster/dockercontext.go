package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
)

// contextHost returns the engine's address of docker's current context, which
// Docker Desktop, Colima and others set. It is empty when DOCKER_HOST is set or
// the context is the default one.
func contextHost() string {
	if os.Getenv("DOCKER_HOST") != "" {
		return ""
	}
	dir := os.Getenv("DOCKER_CONFIG")
	if home, err := os.UserHomeDir(); dir == "" && err == nil {
		dir = filepath.Join(home, ".docker")
	}
	name := os.Getenv("DOCKER_CONTEXT")
	if name == "" {
		var config struct {
			CurrentContext string `json:"currentContext"`
		}
		readJSON(filepath.Join(dir, "config.json"), &config)
		name = config.CurrentContext
	}
	if name == "" || name == "default" {
		return ""
	}
	// docker names the folder of a context by the digest of its name.
	id := sha256.Sum256([]byte(name))
	var meta struct {
		Endpoints map[string]struct{ Host string }
	}
	readJSON(filepath.Join(dir, "contexts", "meta", hex.EncodeToString(id[:]), "meta.json"), &meta)
	return meta.Endpoints["docker"].Host
}

// readJSON leaves the target as it is when the file is not there or is not understood.
func readJSON(file string, target any) {
	if data, err := os.ReadFile(file); err == nil { //nolint:gosec // docker's own configuration
		_ = json.Unmarshal(data, target)
	}
}
