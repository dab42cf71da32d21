@org.jspecify.annotations.NullMarked
package dev.holdfast.gateway.tls;
