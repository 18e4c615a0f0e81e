package images

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/distribution/reference"
	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

type dockerConfig map[string]dockerAuth

type dockerAuth struct {
	Username      string `json:"username"`
	Password      string `json:"password"`
	Auth          string `json:"auth"`
	IdentityToken string `json:"identitytoken"`
}

// Credentials returns those in the secrets that fit the image, the most specific first. Secrets that
// cannot be read are named in the error; the others still count.
//
// https://kubernetes.io/docs/concepts/containers/images/#config-json
func Credentials(image string, secrets []corev1.Secret) ([]*runtimeapi.AuthConfig, error) {
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return nil, fmt.Errorf("parse image name %q: %w", image, err)
	}
	type match struct {
		pattern string
		auth    *runtimeapi.AuthConfig
	}
	var matches []match
	var errs []error
	for i := range secrets {
		config, err := parse(&secrets[i])
		if err != nil {
			errs = append(errs, fmt.Errorf("read image pull secret %q: %w", secrets[i].Name, err))
			continue
		}
		for pattern, auth := range config {
			if fits(pattern, named.Name()) {
				matches = append(matches, match{pattern, auth.config(pattern)})
			}
		}
	}
	slices.SortFunc(matches, func(a, b match) int {
		if byLength := len(b.pattern) - len(a.pattern); byLength != 0 {
			return byLength
		}
		return strings.Compare(a.pattern, b.pattern)
	})
	var out []*runtimeapi.AuthConfig
	for _, m := range matches {
		out = append(out, m.auth)
	}
	return out, errors.Join(errs...)
}

func parse(secret *corev1.Secret) (dockerConfig, error) {
	switch secret.Type {
	case corev1.SecretTypeDockerConfigJson:
		var file struct {
			Auths dockerConfig `json:"auths"`
		}
		err := json.Unmarshal(secret.Data[corev1.DockerConfigJsonKey], &file)
		return file.Auths, err
	case corev1.SecretTypeDockercfg:
		var config dockerConfig
		err := json.Unmarshal(secret.Data[corev1.DockerConfigKey], &config)
		return config, err
	}
	return nil, fmt.Errorf("type %q holds no registry credentials", secret.Type)
}

// fits tells whether the pattern, such as *.example.com/team, covers the repository.
func fits(pattern, repository string) bool {
	pattern = strings.TrimPrefix(strings.TrimPrefix(pattern, "https://"), "http://")
	pattern = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(pattern, "/"), "/v1"), "/v2")
	host, prefix, _ := strings.Cut(pattern, "/")
	if host == "index.docker.io" {
		host = "docker.io"
	}
	repoHost, repoPath, _ := strings.Cut(repository, "/")
	if !hostFits(host, repoHost) {
		return false
	}
	return prefix == "" || repoPath == prefix || strings.HasPrefix(repoPath, prefix+"/")
}

// hostFits compares label by label: a star stands for part of one label only.
func hostFits(pattern, host string) bool {
	patterns, labels := strings.Split(pattern, "."), strings.Split(host, ".")
	if len(patterns) != len(labels) {
		return false
	}
	for i := range patterns {
		if ok, err := path.Match(patterns[i], labels[i]); err != nil || !ok {
			return false
		}
	}
	return true
}

func (a dockerAuth) config(server string) *runtimeapi.AuthConfig {
	config := &runtimeapi.AuthConfig{Username: a.Username, Password: a.Password, IdentityToken: a.IdentityToken, ServerAddress: server}
	if config.Username != "" || a.Auth == "" {
		return config
	}
	if decoded, err := base64.StdEncoding.DecodeString(a.Auth); err == nil {
		config.Username, config.Password, _ = strings.Cut(string(decoded), ":")
	}
	return config
}
