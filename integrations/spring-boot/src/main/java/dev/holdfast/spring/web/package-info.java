/** Answers of Holdfast's client as server-sent events, in Spring MVC and WebFlux. */
@NullMarked
package dev.holdfast.spring.web;

import org.jspecify.annotations.NullMarked;
