/** Spring Boot applications with the starter, against a server that breaks streams. */
@NullMarked
package dev.holdfast.spring;

import org.jspecify.annotations.NullMarked;
