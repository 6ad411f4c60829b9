package embedded

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// secretIn reads the folder's secret, or makes one. It is for this user's eyes
// only: who can read it can read every customer from the loopback port.
func secretIn(folder string) (string, error) {
	path := filepath.Join(folder, "secret")
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		secret := rand.Text()
		// Under another name first: a crash must not leave half a secret.
		if err := os.WriteFile(path+".new", []byte(secret+"\n"), 0o600); err != nil {
			return "", fmt.Errorf("write secret: %w", err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			return "", fmt.Errorf("write secret: %w", err)
		}
		return secret, nil
	case err != nil:
		return "", fmt.Errorf("read secret: %w", err)
	case info.Mode().Perm()&0o077 != 0:
		return "", fmt.Errorf("secret %s has mode %04o; others must not read it: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	if secret := strings.TrimSpace(string(text)); secret != "" {
		return secret, nil
	}
	return "", fmt.Errorf("secret %s is empty", path)
}
