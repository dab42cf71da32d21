/** Reads the variables of the providers' own SDKs. Internal. */
@org.jspecify.annotations.NullMarked
package dev.holdfast.client.environment;
