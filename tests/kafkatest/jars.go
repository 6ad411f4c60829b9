package kafkatest

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/gofrs/flock"
)

//go:embed pom.xml
var pom []byte

// jars is a folder with Kafka's jars (44 MB): the one that TOUCHSTONE_KAFKA_LIBS
// names, or one in the user's cache, filled by Maven the first time.
func jars() (string, error) {
	libs := os.Getenv("TOUCHSTONE_KAFKA_LIBS")
	if libs == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find a folder for kafka's jars: %w", err)
		}
		libs = filepath.Join(cache, "touchstone", "kafka-4.3.1")
	}
	if err := os.MkdirAll(libs, 0o755); err != nil {
		return "", fmt.Errorf("make a folder for kafka's jars: %w", err)
	}
	complete := filepath.Join(libs, ".ok")
	lock := flock.New(filepath.Join(libs, ".lock")) // several test processes begin at once
	if err := lock.Lock(); err != nil {
		return "", fmt.Errorf("lock kafka's jars: %w", err)
	}
	defer lock.Unlock()
	if _, err := os.Stat(complete); err == nil {
		return libs, nil
	}
	if err := fetch(libs); err != nil {
		return "", err
	}
	return libs, os.WriteFile(complete, nil, 0o644)
}

func fetch(libs string) error {
	project, err := os.MkdirTemp("", "kafkatest-pom-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(project)
	file := filepath.Join(project, "pom.xml")
	if err := os.WriteFile(file, pom, 0o644); err != nil {
		return err
	}
	out, err := exec.Command("mvn", "-q", "-B", "-f", file, "dependency:copy-dependencies",
		"-DincludeScope=runtime", "-DoutputDirectory="+libs).CombinedOutput()
	if err != nil {
		return fmt.Errorf("fetch kafka's jars with maven: %w\n%s", err, out)
	}
	return nil
}
