/**
 * Holdfast in a Spring Boot application: under Spring AI and WebClient, with metrics and health.
 */
@NullMarked
package dev.holdfast.spring;

import org.jspecify.annotations.NullMarked;
