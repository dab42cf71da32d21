/** Controllers of Tomcat's and Netty's, read by raw sockets. */
@NullMarked
package dev.holdfast.spring.web;

import org.jspecify.annotations.NullMarked;
