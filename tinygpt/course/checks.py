"""check 从前的地址：学习者已经写过的练习本从这里导入它。"""

from tinygpt.course.exercises import check  # noqa: F401
