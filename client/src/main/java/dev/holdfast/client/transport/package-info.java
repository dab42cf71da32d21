/** Exchanges, their mailbox and their clock: what the driver and the JDK's transport share. */
@org.jspecify.annotations.NullMarked
package dev.holdfast.client.transport;
