"""A small program in each programming language of `corpus`."""

from __future__ import annotations

__all__ = ["PROGRAMS"]

PROGRAMS = {
    "code-c": """\
#include <stdio.h>

int main(void) {
    for (int i = 0; i < 10; i++) {
        printf("%d\\n", i * 2);
    }
    return 0;
}
""",
    "code-cpp": """\
#include <vector>
class Shape : public Base {
public:
  virtual double area() const = 0;
  std::vector<int> sides_;
};

template <typename T> T twice(T value) { return value + value; }
""",
    "code-csharp": """\
using System;
namespace Shop {
  public class Order {
    public int Id { get; set; }
    public decimal Total(decimal rate) { return rate * Lines.Count; }
  }
}
""",
    "code-go": """\
package main

import "fmt"

func sum(values []int) int {
	total := 0
	for _, value := range values {
		total += value
	}
	return total
}

func main() { fmt.Println(sum([]int{1, 2, 3})) }
""",
    "code-java": """\
public class Counter {
    private int count = 0;
    public void increment(int step) { this.count += step; }
    public static void main(String[] args) { System.out.println(new Counter().count); }
}
""",
    "code-javascript": """\
const total = items.reduce((sum, item) => sum + item.price, 0);
function show(element) {
  element.textContent = total.toFixed(2);
  return element;
}
module.exports = { show };
""",
    "code-lua": """\
local function add(first, second)
  return first + second
end
local list = {}
for index = 1, 10 do
  list[index] = add(index, index)
end
print(#list)
""",
    "code-php": """\
<?php
function greet($name) {
    $message = "Hello, " . $name;
    return $message;
}
foreach ($names as $name) {
    echo greet($name);
}
""",
    "code-python": """\
import os

def sizes(folder):
    result = {}
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        result[name] = os.stat(path).st_size
    return result

if __name__ == "__main__":
    print(sizes("."))
""",
    "code-ruby": """\
class Stack
  def initialize
    @items = []
  end

  def push(item)
    @items << item
    self
  end

  def each
    @items.each { |item| yield item }
  end
end
""",
    "code-rust": """\
use std::collections::HashMap;

fn count(words: &[&str]) -> HashMap<String, usize> {
    let mut found = HashMap::new();
    for word in words {
        *found.entry(word.to_string()).or_insert(0) += 1;
    }
    found
}
""",
    "code-scala": """\
object Main extends App {
  case class Point(x: Int, y: Int)
  val points = List(Point(1, 2), Point(3, 4))
  def total(list: List[Point]): Int = list.map(_.x).sum
  println(total(points))
}
""",
    "code-typescript": """\
interface User {
  name: string;
  age?: number;
}
export function label(user: User): string {
  return `${user.name} (${user.age ?? "?"})`;
}
""",
}
