//go:build tools

// Package tools names the published command that this module exists to build.
package tools

import _ "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"
