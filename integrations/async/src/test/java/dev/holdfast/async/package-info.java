/** The examples of the pages about Reactor and resilience4j; Kotlin's are beside them. */
@org.jspecify.annotations.NullMarked
package dev.holdfast.async;
