#pragma once
// What to say to the author of code that does not compile. Pure.

#include <string>
#include <string_view>

namespace millrace {

/// A function step holds one function. People also write the inside of one, or a whole module; a
/// sentence for them, or nothing when the code looks like neither.
std::string hint_of_code(std::string_view code);

/// What is wrong with code that compiles and yet is no function: it hands one to a module system that is not
/// there. Empty if nothing is.
std::string why_no_function(std::string_view code);

/// Where the compiler stopped: its message ends in "(line 3, column 9)". Zeros when it does not.
struct CodePlace {
  std::size_t line = 0;
  std::size_t column = 0;
};
CodePlace place_in_code(std::string_view compiler_message);

}  // namespace millrace
