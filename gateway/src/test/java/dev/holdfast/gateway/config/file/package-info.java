@org.jspecify.annotations.NullMarked
package dev.holdfast.gateway.config.file;
